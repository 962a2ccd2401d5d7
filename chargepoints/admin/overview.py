"""The page of a charge point: its present state, its last messages, commands and events."""

import re
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Value
from django.db.models.functions import Left, Length
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargepoints.admin import charts, command_page, first_steps, health, live, troubles
from chargepoints.models import ChargePoint, Command, Event, Message, Transaction
from chargepoints.services.transactions import closing

PRIMARY_KEY = re.compile(r"[0-9]{1,18}")
TEMPLATES = "admin/chargepoints/chargepoint"
MESSAGES = 20
EVENTS = 10
COMMANDS = 10
CHARTS = 4
SHOWN_OF_A_FRAME = 2_000
SLOW_POLL_S = 5
FAST_POLL_S = 1
EXPECTED_WITHIN = timedelta(seconds=60)


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    charge_point = live.find(model_admin, request, pk)
    context = {
        **model_admin.admin_site.each_context(request),
        **panels(charge_point),
        **command_page.blank(model_admin, request, charge_point),
        **health.of(request, charge_point),
        "opts": model_admin.opts,
        "original": charge_point,
        "title": charge_point.identity,
        "may_change": model_admin.has_change_permission(request, charge_point),
    }
    return TemplateResponse(request, f"{TEMPLATES}/overview.html", context)


def live_panels(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """The parts of the page that change, each swapped in by its id."""
    charge_point = live.find(model_admin, request, pk)
    return TemplateResponse(request, f"{TEMPLATES}/live.html", panels(charge_point, polled=True))


def live_cells(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The live cells of the list's rows: `?id=1&id=2...`."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    ids = [int(pk) for pk in request.GET.getlist("id") if PRIMARY_KEY.fullmatch(pk)]
    rows = ChargePoint.objects.filter(pk__in=ids[: live.CELLS_AT_ONCE])
    return HttpResponse(live.cells(rows))


def panels(charge_point: ChargePoint, *, polled: bool = False) -> dict[str, Any]:
    running = live.open_transactions(charge_point)
    commands = list(charge_point.commands.select_related("transaction")[:COMMANDS])
    return {
        "charge_point": charge_point,
        "connectors": live.labelled_connectors(charge_point),
        "transactions": [
            (transaction, charts.chart_of(transaction.pk) if position < CHARTS else None)
            for position, transaction in enumerate(running)
        ],
        "troubles": troubles.of(charge_point),
        "first_steps": first_steps.of(charge_point),
        "quirk_uses": _quirk_uses(charge_point),
        "left_open": _left_open(charge_point) if running else set(),
        "ended": Transaction.objects.filter(charge_point=charge_point, ended_at__isnull=False)
        .order_by("-id")
        .first(),
        "messages_shown": _messages(charge_point),
        "events": Event.objects.filter(charge_point=charge_point).order_by("-sequence")[:EVENTS],
        "commands": commands,
        "poll_s": FAST_POLL_S if _any_under_way(commands) else SLOW_POLL_S,
        "polled": polled,
        "now": timezone.now(),
    }


def _left_open(charge_point: ChargePoint) -> set[int]:
    """The keys of transactions that are probably open only in our database."""
    rows = Transaction.objects.filter(charge_point=charge_point)
    return set(closing.left_open(rows).values_list("pk", flat=True))


def _quirk_uses(charge_point: ChargePoint) -> list[dict[str, Any]]:
    """Each present quirk setting, with the number of its uses."""
    values = charge_point.quirks.get("settings", {})
    if not values:
        return []
    uses = charge_point.quirk_uses.filter(setting__in=values)
    return [
        {"setting": use.setting, "value": values[use.setting], "count": use.count} for use in uses
    ]


def _messages(charge_point: ChargePoint) -> Any:
    """The newest messages; only the beginning of long frames, because the page refreshes often."""
    return (
        Message.objects.filter(charge_point=charge_point)
        .defer("request", "reply")
        .annotate(
            request_head=Left("request", SHOWN_OF_A_FRAME),
            reply_head=Left("reply", SHOWN_OF_A_FRAME),
            cut=Length(F("request")) + Length(F("reply")) - Value(SHOWN_OF_A_FRAME),
        )
        .order_by("-id")[:MESSAGES]
    )


def _any_under_way(commands: list[Command]) -> bool:
    """Whether a command is not finished: then the page refreshes more often."""
    recently = timezone.now() - EXPECTED_WITHIN
    return any(row.finished_at is None and row.created_at > recently for row in commands)
