"""Problems of charge points: the health rules, each with its proof and its button."""

from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from chargepoints.admin import command_types
from chargepoints.models import ChargePoint
from chargepoints.services.health import disk_space, maintenance, rules

TEMPLATE = "admin/chargepoints/health/page.html"
# Where users can see what a rule has found: a page of the charge point, or a list of its rows.
OWN_PAGES = {"drift": ("configuration", "Its configuration")}
LISTS = {
    "flapping": ("connection", "Its connections"),
    "meter": ("transaction", "Its transactions"),
    "left_open": ("transaction", "Its transactions"),
}


class Button(NamedTuple):
    text: str
    url: str


def of(request: HttpRequest, charge_point: ChargePoint) -> dict[str, Any]:
    """The context of a charge point's health panel; in maintenance only the window."""
    now = timezone.now()
    window = maintenance.window_of(charge_point, now)
    found = [] if window else rules.of(charge_point, now)
    return {
        "maintenance": window,
        "findings": [(each, _buttons(request, charge_point, each.rule)) for each in found],
    }


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The number of charge points for each rule; those in maintenance are counted separately."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    now = timezone.now()
    muted = ChargePoint.objects.filter(maintenance.in_maintenance(now)).count()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Health",
        "found": [(rule, rules.about(rule, now).count()) for rule in rules.RULES.values()],
        "muted": muted,
        "disks": disk_space.disks(),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _buttons(request: HttpRequest, charge_point: ChargePoint, rule: rules.Rule) -> list[Button]:
    found = []
    if rule.name in OWN_PAGES:
        name, text = OWN_PAGES[rule.name]
        url = reverse(f"admin:chargepoints_chargepoint_{name}", args=[charge_point.pk])
        found.append(Button(text, url))
    if rule.name in LISTS:
        model, text = LISTS[rule.name]
        of_it = {"charge_point__id__exact": charge_point.pk}
        found.append(Button(text, reverse(f"admin:chargepoints_{model}_changelist", query=of_it)))
    if rule.clears and command_types.may_send(request.user, rule.clears):
        typed = {f"args-{name}": value for name, value in rule.args}
        asked = {"id": charge_point.pk, "command": rule.clears, **typed}
        url = reverse("admin:chargepoints_chargepoint_bulk", query=asked)
        said = [command_types.title(rule.clears), *(value for _, value in rule.args)]
        found.append(Button(f"{' '.join(said)}...", url))
    return found
