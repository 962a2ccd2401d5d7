"""The configuration of a charge point: reported, desired, compared with others, as a template."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import reverse

from chargepoints.admin import command_page, command_types, live
from chargepoints.admin.configuration_templates import MENDED_BY
from chargepoints.admin.history import is_polled
from chargepoints.models import ChargePoint, ConfigurationTemplate, Variable
from chargepoints.services.device_model import templates
from chargepoints.services.stations import registry

TEMPLATE = "admin/chargepoints/configuration/page.html"
POLLED = "admin/chargepoints/configuration/variables.html"
MAY_SAVE = "chargepoints.change_configurationtemplate"
MOST_SHOWN = 500
MOST_COMPARED = 5000


class Row(NamedTuple):
    """`other`: the value of the charge point to compare with; None: it has none."""

    variable: Variable
    place: str
    wanted: str | None
    other: str | None
    may_be_kept: bool

    @property
    def agrees(self) -> bool:
        return self.variable.desired in (None, self.variable.reported)

    @property
    def drifts(self) -> bool:
        return self.wanted is not None and self.wanted != self.variable.reported


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """`?q=` filters; `?with=<identity>` shows what differs from another charge point."""
    charge_point = live.find(model_admin, request, pk)
    term = request.GET.get("q", "").strip()[:100]
    named = request.GET.get("with", "").strip()[:48]
    other = registry.find(named) if named else None
    template = templates.of_model(charge_point)
    rows = _rows(charge_point, term, other, template)
    context = {
        **model_admin.admin_site.each_context(request),
        **command_page.blank(model_admin, request, charge_point, MENDED_BY),
        "opts": model_admin.opts,
        "original": charge_point,
        "charge_point": charge_point,
        "title": f"The configuration of {charge_point.identity}",
        "may_change": model_admin.has_change_permission(request, charge_point),
        "may_set": command_types.may_send(request.user, MENDED_BY),
        "may_save": request.user.has_perm(MAY_SAVE) and bool(charge_point.model),
        "term": term,
        "named": named,
        "other": other,
        "template_of_model": template,
        "rows": rows[:MOST_SHOWN],
        "more": len(rows) - MOST_SHOWN,
    }
    return TemplateResponse(request, POLLED if is_polled(request) else TEMPLATE, context)


def save_template(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """POST: store the ticked keys in the template of its model."""
    charge_point = live.find(model_admin, request, pk)
    if request.method != "POST" or not request.user.has_perm(MAY_SAVE) or not charge_point.model:
        raise PermissionDenied
    keys = request.POST.getlist("key")
    if not keys:
        messages.error(request, "Tick the keys to save in the template.")
        return HttpResponseRedirect(url_of(charge_point))
    by = command_types.requester(request.user)
    template = templates.save(charge_point, keys[: templates.MOST_KEYS], by)
    model_admin.log_change(request, charge_point, f"Template of {template} from its configuration.")
    count = len(template.values)
    messages.success(request, f"The template of {template} has {count} key{pluralize(count)}.")
    page = reverse("admin:chargepoints_configurationtemplate_change", args=[template.pk])
    return HttpResponseRedirect(page)


def url_of(charge_point: ChargePoint) -> str:
    return reverse("admin:chargepoints_chargepoint_configuration", args=[charge_point.pk])


def _rows(
    charge_point: ChargePoint,
    term: str,
    other: ChargePoint | None,
    template: ConfigurationTemplate | None,
) -> list[Row]:
    variables = charge_point.variables.filter(attribute="Actual")
    if term:
        variables = variables.filter(Q(name__icontains=term) | Q(component__icontains=term))
    wanted = template.values if template else {}
    theirs = _values(other) if other else {}
    rows = []
    for variable in variables.order_by("component", "name")[: MOST_COMPARED + 1]:
        place = _place(variable)
        value = theirs.pop((variable.key, place), None)
        if other and value == variable.reported:
            continue
        rows.append(
            Row(
                variable,
                place,
                None if place else wanted.get(variable.key),
                value,
                templates.may_hold(variable),
            )
        )
    return rows


def _values(charge_point: ChargePoint) -> dict[tuple[str, str], str | None]:
    variables = charge_point.variables.filter(attribute="Actual")[:MOST_COMPARED]
    return {(each.key, _place(each)): each.reported for each in variables}


def _place(variable: Variable) -> str:
    place = f"EVSE {variable.evse_id}" if variable.evse_id else ""
    return f"{place} connector {variable.connector_id}" if variable.connector_id else place
