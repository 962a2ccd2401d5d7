"""Sends one command to many charge points: the form, the preview of the frames, the batch.

The form contains the chosen charge points, so the command goes to those that the user has seen,
even if others connect, disconnect or change since then.
"""

import re
import secrets
import uuid
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from chargepoints.admin import command_types, reasons
from chargepoints.admin import roll_outs as roll_out_pages
from chargepoints.admin.command_form import CommandForm, initial_of
from chargepoints.admin.command_page import initial
from chargepoints.admin.configuration_templates import MENDED_BY
from chargepoints.admin.profile_form import INSTALL
from chargepoints.admin.roll_outs import CareForm
from chargepoints.admin.suggestions import suggestions
from chargepoints.models import ChargePoint, CommandBatch, ConfigurationTemplate, RollOut
from chargepoints.services.commands import batches, preview, roll_outs, submission
from chargepoints.services.commands.batches import MOST_TARGETS
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.device_model import templates

TEMPLATE = "admin/chargepoints/bulk/page.html"
PANEL = "admin/chargepoints/bulk/command.html"
PRIMARY_KEYS = re.compile(r"\d{1,18}(,\d{1,18})*")
SHOWN_NAMES = 12
SUBMITS = {"preview", "send", "roll_out"}
AnyRow = TypeVar("AnyRow", bound=Model)


def begin(
    model_admin: Any,
    request: HttpRequest,
    targets: list[int],
    type: str | None = None,
    args: dict[str, Any] | None = None,
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form for these charge points; its initial values are `args` or `typed`."""
    chosen = _chosen(targets)
    offered = command_types.offered(request.user, *_one_of_each(chosen))
    if not offered:
        raise PermissionDenied
    wanted = type if type in offered else offered[0]
    form = _form(chosen, wanted, initial=typed or initial_of(wanted, args or {}))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Send a command to many",
        **_context(chosen, offered, form),
    }
    return TemplateResponse(request, TEMPLATE, context)


def bulk(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """POST: the steps of the form. GET: once more for those that failed."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return _again(model_admin, request)
    chosen = chosen_in(request)
    offered = command_types.offered(request.user, *_one_of_each(chosen))
    wanted = request.POST.get("command")
    if wanted not in offered:
        raise PermissionDenied
    if not SUBMITS & set(request.POST):
        form = _form(chosen, wanted, initial=initial(request))
        return TemplateResponse(request, PANEL, _context(chosen, offered, form))
    form = _form(chosen, wanted, data=request.POST)
    asked: dict[str, Any] = {}
    if form.is_valid():
        asked = _asked(request, chosen, form)
        if asked["confirmed"] and (page := _begun(request, chosen, form, asked["care"])):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = page
            return response
    context = _context(chosen, offered, form) | (asked if not form.errors else {})
    return TemplateResponse(request, PANEL, context)


def _asked(request: HttpRequest, chosen: list[ChargePoint], form: CommandForm) -> dict[str, Any]:
    """The preview, and whether it was confirmed."""
    seen = preview.of(chosen, form.type, form.args)
    asks = COMMAND_TYPES[form.type].confirmed or bool(seen.cautions)
    sends = bool({"send", "roll_out"} & set(request.POST))
    confirmed = sends and (not asks or "confirmed" in request.POST)
    return {
        "preview": seen,
        "asks": asks,
        "confirmed": confirmed,
        "unconfirmed": sends and not confirmed,
        "care": CareForm(request.POST if "roll_out" in request.POST else None, prefix="care"),
        "at_once": len(chosen) <= MOST_TARGETS,
        "why": reasons.given(request),
        # Two clicks make one batch.
        "key": request.POST.get("key") or secrets.token_urlsafe(16),
    }


def url_of(batch: CommandBatch) -> str:
    return reverse("admin:chargepoints_commandbatch_change", args=[batch.pk])


def _again(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The form again: `?again=` or `?roll_out=` for those that failed in a batch or a roll-out,
    `?template=&key=` for those that drift, `?id=&command=` for the given ones.
    """
    if batch_id := request.GET.get("again"):
        batch = _found(CommandBatch, batch_id)
        return begin(model_admin, request, batches.failed_targets(batch), batch.type, batch.args)
    if roll_out_id := request.GET.get("roll_out"):
        row = _found(RollOut, roll_out_id)
        return begin(model_admin, request, roll_outs.failed_targets(row), row.type, row.args)
    if template_id := request.GET.get("template"):
        return _mend(model_admin, request, template_id, request.GET.get("key", ""))
    if named := [int(pk) for pk in request.GET.getlist("id") if pk.isdecimal()]:
        wanted = request.GET.get("command")
        return begin(model_admin, request, named[:MOST_TARGETS], wanted, typed=initial(request))
    return HttpResponseRedirect(reverse("admin:chargepoints_chargepoint_changelist"))


def _mend(model_admin: Any, request: HttpRequest, template_id: str, key: str) -> HttpResponse:
    """The form for those whose configuration drifts in a key."""
    if not template_id.isdecimal():
        raise Http404
    template = get_object_or_404(ConfigurationTemplate, pk=int(template_id))
    if key not in template.values:
        raise Http404
    args = {"key": key, "value": template.values[key]}
    drifting = templates.drifting(template, key)
    return begin(model_admin, request, drifting, MENDED_BY, args)


def _found(model: type[AnyRow], pk: str) -> AnyRow:
    try:
        return get_object_or_404(model, pk=uuid.UUID(pk))
    except ValueError:
        raise Http404 from None


def _begun(
    request: HttpRequest, chosen: list[ChargePoint], form: CommandForm, care: CareForm
) -> str | None:
    """The page of the batch or the roll-out; None if it was refused, which the forms show."""
    if care.is_bound and not care.is_valid():
        return None
    targets = [charge_point.pk for charge_point in chosen]
    asked: dict[str, Any] = {
        "chosen_by": targets,
        "requested_by": command_types.requester(request.user),
        "idempotency_key": request.POST.get("key", "")[:64],
    }
    try:
        if care.is_bound:
            row = roll_outs.begin(targets, form.type, form.args, care.care(), **asked)
            reasons.note(request, row)
            return roll_out_pages.url_of(row)
        batch = batches.submit(targets[:MOST_TARGETS], form.type, form.args, **asked)
        reasons.note(request, batch)
        return url_of(batch)
    except submission.CommandRefused as refused:
        form.show(refused.errors or [{"pointer": "", "message": refused.detail}])
        return None


def chosen_in(request: HttpRequest) -> list[ChargePoint]:
    """The charge points in the form."""
    given = request.POST.get("targets", "")
    if not PRIMARY_KEYS.fullmatch(given):
        return []
    return _chosen([int(pk) for pk in given.split(",")][: roll_outs.MOST_TARGETS])


def as_text(chosen: list[ChargePoint]) -> str:
    """The primary keys, as the form's hidden field contains them."""
    return ",".join(str(each.pk) for each in chosen)


def panel(
    request: HttpRequest, chosen: list[ChargePoint], type: str, typed: dict[str, Any]
) -> HttpResponse:
    """The form of this type, with values that were typed in another one."""
    offered = command_types.offered(request.user, *_one_of_each(chosen))
    form = _form(chosen, type, initial=typed)
    return TemplateResponse(request, PANEL, _context(chosen, offered, form))


def _chosen(targets: list[int]) -> list[ChargePoint]:
    rows = ChargePoint.objects.filter(pk__in=targets).order_by("identity")
    return list(rows.only("identity", "protocol", "pinned_protocol", "connection"))


def _one_of_each(chosen: list[ChargePoint]) -> list[ChargePoint]:
    """One charge point of each version, for what depends on the version."""
    by_version = {each.pinned_protocol or each.protocol: each for each in reversed(chosen)}
    return list(by_version.values())


def _form(chosen: list[ChargePoint], type: str, **kwargs: Any) -> CommandForm:
    return CommandForm(type, suggestions=suggestions(_one_of_each(chosen), type), **kwargs)


def _context(chosen: list[ChargePoint], offered: list[str], form: CommandForm) -> dict[str, Any]:
    return {
        "chosen": chosen,
        "shown": chosen[:SHOWN_NAMES],
        "more": len(chosen) - SHOWN_NAMES,
        "offline": sum(each.connection_id is None for each in chosen),
        "targets": as_text(chosen),
        "command_types": [(type, command_types.title(type)) for type in offered],
        "command_type": form.type,
        "command_title": command_types.title(form.type),
        "description": command_types.description(form.type),
        "form": form,
        "by_rows": form.type == INSTALL,
    }
