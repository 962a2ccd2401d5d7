"""The charging profiles of a charge point: a form for a new one, the installed ones, and the
composite schedule that it reports, with the metered power.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from chargepoints.admin import command_types, live
from chargepoints.admin.history import is_polled
from chargepoints.admin.profile_form import INSTALL, ProfileForm
from chargepoints.admin.schedule_chart import Point, ScheduleChart, Series, draw
from chargepoints.models import ChargePoint, Command, MeterValue
from chargepoints.services.commands import preview, submission
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging.composite_schedule import in_unit

TEMPLATE = "admin/chargepoints/profile/page.html"
POLLED = "admin/chargepoints/profile/composite.html"
ASK = "get_composite_schedule"
ASKED_FOR_S = 24 * 3600
MOST_SAMPLES = 2000
MOST_PROFILES = 50


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """POST `show`, `more`, `send` for the form; or `ask`, for the composite schedule."""
    charge_point = live.find(model_admin, request, pk)
    posted = request.method == "POST"
    if posted and "ask" in request.POST:
        return _ask(request, charge_point)
    if posted and not command_types.may_send(request.user, INSTALL):
        raise PermissionDenied
    running = [row.transaction_id for row in live.open_transactions(charge_point)]
    evses = [evse.evse_id for evse in charge_point.evses.all()]
    purposes = command_types.profile_purposes(charge_point)
    form = ProfileForm(evses, running, purposes, request.POST if posted else None)
    shown: dict[str, Any] = {}
    if posted and "more" in request.POST:
        form.more_rows()
    elif form.is_valid():
        shown = {"preview": preview.of([charge_point], INSTALL, form.args), "chart": form.chart()}
        if {"send", "confirmed"} <= set(request.POST) and _sent(request, charge_point, form):
            return HttpResponseRedirect(live.url_of(charge_point))
        shown["unconfirmed"] = "send" in request.POST
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": charge_point,
        "charge_point": charge_point,
        "title": f"The charging profiles of {charge_point.identity}",
        "may_change": model_admin.has_change_permission(request, charge_point),
        "may_install": command_types.may_send(request.user, INSTALL),
        "may_ask": command_types.may_send(request.user, ASK),
        "form": form,
        "profiles": charge_point.charging_profiles.all()[:MOST_PROFILES],
        "asked": _asked(charge_point),
        **shown,
        **_composite(charge_point),
    }
    return TemplateResponse(request, POLLED if is_polled(request) else TEMPLATE, context)


def url_of(charge_point: ChargePoint) -> str:
    return reverse("admin:chargepoints_chargepoint_profile", args=[charge_point.pk])


def _sent(request: HttpRequest, charge_point: ChargePoint, form: ProfileForm) -> bool:
    if not _submitted(request, charge_point, INSTALL, form.args):
        return False
    messages.success(request, "The profile is being sent: follow it under Commands.")
    return True


def _ask(request: HttpRequest, charge_point: ChargePoint) -> HttpResponse:
    if not command_types.may_send(request.user, ASK):
        raise PermissionDenied
    evse_id = request.POST.get("evse_id", "0")
    args = {"evse_id": int(evse_id) if evse_id.isdecimal() else 0, "duration_s": ASKED_FOR_S}
    _submitted(request, charge_point, ASK, args)
    return HttpResponseRedirect(url_of(charge_point))


def _submitted(
    request: HttpRequest, charge_point: ChargePoint, type: str, args: dict[str, Any]
) -> bool:
    by = command_types.requester(request.user)
    try:
        submission.submit(charge_point, type, args, requested_by=by)
    except CommandRefused as refused:
        messages.error(request, f"{capfirst(refused.detail)}.")
        return False
    return True


def _asked(charge_point: ChargePoint) -> Command | None:
    """The latest command that requested the composite schedule, in any state."""
    return charge_point.commands.filter(type=ASK).order_by("-created_at").first()


def _composite(charge_point: ChargePoint) -> dict[str, Any]:
    """The latest answer, and its chart."""
    answered = charge_point.commands.filter(type=ASK, result__isnull=False)
    command = answered.order_by("-created_at").first()
    if command is None:
        return {}
    return {
        "composite": command,
        "composite_evse": command.args.get("evse_id", 0),
        "composite_chart": _chart(charge_point, command),
    }


def _chart(charge_point: ChargePoint, command: Command) -> ScheduleChart | None:
    said: dict[str, Any] = command.result or {}
    start = datetime.fromisoformat(said["start"])
    end = start + timedelta(seconds=command.args["duration_s"])

    def points(periods: list[dict[str, Any]]) -> list[Point]:
        return [
            (start + timedelta(seconds=each["start_s"]), _kilowatts(each, said["unit"]))
            for each in periods
        ]

    series = [
        Series("reported by the charge point", "cp-said", points(said["periods"])),
        Series("expected from its profiles", "cp-expected", points(said["expected"])),
        Series("metered", "cp-metered", _metered(charge_point, command, start, end), steps=False),
    ]
    return draw(series, start, end, "kW")


def _kilowatts(period: dict[str, Any], unit: str) -> float | None:
    limit = period["limit"]
    return None if limit is None else in_unit(limit, unit, "W", period.get("phases")) / 1000


def _metered(
    charge_point: ChargePoint, command: Command, start: datetime, end: datetime
) -> list[Point]:
    """Power over time; for the whole charge point, the sum of its EVSEs."""
    rows = MeterValue.objects.filter(
        charge_point=charge_point, sampled_at__gte=start, sampled_at__lt=end, conflict=False
    ).exclude(power_w=None)
    if evse_id := command.args.get("evse_id", 0):
        rows = rows.filter(evse_id=evse_id)
    latest: dict[int | None, float] = {}
    points: list[Point] = []
    columns = rows.order_by("sampled_at").values_list("sampled_at", "evse_id", "power_w")
    for at, evse, power_w in columns[:MOST_SAMPLES]:
        latest[evse] = power_w or 0.0
        points.append((at, sum(latest.values()) / 1000))
    return points
