"""Sends a command from a charge point's page: the form, the confirmation, the refusal."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chargepoints.admin import command_types, live, reasons
from chargepoints.admin.command_form import PREFIX, CommandForm, pretty
from chargepoints.admin.suggestions import suggestions
from chargepoints.models import ChargePoint, Command
from chargepoints.services.commands import redaction, submission
from chargepoints.services.commands.command_types import COMMAND_TYPES

TEMPLATE = "admin/chargepoints/chargepoint/command_form.html"


def blank(
    model_admin: Any, request: HttpRequest, charge_point: ChargePoint, first: str = ""
) -> dict[str, Any]:
    """The context of the form's template; `first` is chosen if it is offered."""
    offered = command_types.offered(request.user, charge_point)
    if not offered:
        return {"command_types": []}
    wanted = first if first in offered else offered[0]
    return _context(charge_point, offered, _form(charge_point, wanted))


def command(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """GET `?command=reset`: that type's form. POST: send it, if it was confirmed."""
    charge_point = live.find(model_admin, request, pk)
    offered = command_types.offered(request.user, charge_point)
    wanted = request.POST.get("command") or request.GET.get("command")
    if wanted not in offered:
        raise PermissionDenied
    if request.method != "POST" or "back" in request.POST:
        form = _form(charge_point, wanted, initial=initial(request))
        context = _context(charge_point, offered, form) | {"why": reasons.given(request)}
        return _render(request, context)
    form = _form(charge_point, wanted, data=request.POST)
    context = _context(charge_point, offered, form) | {"why": reasons.given(request)}
    if form.is_valid():
        doubts = COMMAND_TYPES[wanted].cautions(charge_point, form.args)
        asks = bool(doubts) or COMMAND_TYPES[wanted].confirmed
        if asks and "confirmed" not in request.POST:
            context |= {
                "confirm": pretty(redaction.shown_args(wanted, form.args)),
                "cautions": doubts,
            }
        elif sent := _submit(request, charge_point, form):
            reasons.note(request, sent)
            context = _context(charge_point, offered, _form(charge_point, wanted)) | {"sent": sent}
    response = _render(request, context)
    if "sent" in context:
        response["HX-Trigger"] = "command-sent"  # so the page refreshes at once
    return response


def _submit(request: HttpRequest, charge_point: ChargePoint, form: CommandForm) -> Command | None:
    try:
        return submission.submit(
            charge_point,
            form.type,
            form.args,
            requested_by=command_types.requester(request.user),
        )
    except submission.CommandRefused as refused:
        form.show(refused.errors or [{"pointer": "", "message": refused.detail}])
        return None


def _form(charge_point: ChargePoint, type: str, **kwargs: Any) -> CommandForm:
    return CommandForm(type, suggestions=suggestions([charge_point], type), **kwargs)


def initial(request: HttpRequest) -> dict[str, Any]:
    """Initial arguments from the request."""
    given = request.POST if request.method == "POST" else request.GET
    start = f"{PREFIX}-"
    return {
        name.removeprefix(start): values[0] if len(values) == 1 else values
        for name, values in given.lists()
        if name.startswith(start)
    }


def _context(charge_point: ChargePoint, offered: list[str], form: CommandForm) -> dict[str, Any]:
    return {
        "charge_point": charge_point,
        "command_types": [(type, command_types.title(type)) for type in offered],
        "command_type": form.type,
        "command_title": command_types.title(form.type),
        "description": command_types.description(form.type),
        "form": form,
        "open_transactions": live.open_transactions(charge_point),
    }


def _render(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, TEMPLATE, context)
