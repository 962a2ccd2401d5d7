"""The first page: the state of the fleet, and what needs attention."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from chargepoints.admin.schedule_chart import ScheduleChart, Series, draw
from chargepoints.models import (
    ChargePoint,
    Command,
    Connector,
    FleetSample,
    HandshakeRefusal,
    Registration,
    RollOut,
    Status,
    Transaction,
)
from chargepoints.services.health import disk_space, rules

SHOWN = 8
DAY = timedelta(days=1)
FAILED = (
    Command.State.REJECTED,
    Command.State.CALLERROR,
    Command.State.TIMEOUT,
    Command.State.NO_EFFECT,
)

admin.site.index_title = "Dashboard"
admin.site.index_template = "admin/chargepoints/index.html"


def figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of its template; the caller adds `troubles`."""
    if not request.user.has_perm("chargepoints.view_chargepoint"):
        return context
    now = timezone.now()
    day_ago = now - DAY
    refusals = HandshakeRefusal.objects.filter(last_at__gte=day_ago, blocked=False)
    running = Transaction.objects.filter(ended_at=None)
    charging = running.aggregate(running=Count("pk"), power_w=Sum("power_w"))
    faulted = Connector.objects.filter(status=Status.FAULTED)
    return context | {
        "fleet": ChargePoint.objects.aggregate(
            total=Count("pk"),
            online=Count("pk", filter=Q(connection__isnull=False)),
            offline=Count("pk", filter=Q(connection=None, last_seen_at__isnull=False)),
            pending=Count("pk", filter=Q(registration=Registration.PENDING)),
        ),
        "charging": charging,
        "strongest": running.select_related("charge_point").order_by(
            F("power_w").desc(nulls_last=True), "-id"
        )[:SHOWN],
        "power_chart": _power_over_the_day(now, charging["power_w"] or 0.0),
        "today": _today(now),
        "low_disks": [disk for disk in disk_space.disks() if disk.is_low],
        "halted": RollOut.objects.filter(finished_at=None, state=RollOut.State.HALTED)[:SHOWN],
        "available_count": Connector.objects.filter(
            status=Status.AVAILABLE, evse__charge_point__connection__isnull=False
        ).count(),
        "flapping_count": rules.about(rules.RULES["flapping"], now).count(),
        "faulted_count": faulted.count(),
        "faulted": faulted.select_related("evse__charge_point")[:SHOWN],
        "pending": ChargePoint.objects.filter(registration=Registration.PENDING)[:SHOWN],
        "offline": ChargePoint.objects.filter(connection=None, last_seen_at__isnull=False).order_by(
            "-last_seen_at"
        )[:SHOWN],
        "refused_count": refusals.count(),
        "refused": refusals[:SHOWN],
        "failed_states": FAILED,
        "day_ago": _in_query(day_ago),
        "failed_count": Command.objects.filter(created_at__gte=day_ago, state__in=FAILED).count(),
    }


def polled(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Only the figures, which the page refreshes."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    of_everybody = import_string(str(settings.UNFOLD["DASHBOARD_CALLBACK"]))
    return TemplateResponse(request, "admin/chargepoints/figures.html", of_everybody(request, {}))


def _power_over_the_day(now: datetime, power_now_w: float) -> ScheduleChart | None:
    """The samples of the last day and the power now; None if there is no sample yet."""
    rows = FleetSample.objects.filter(at__gte=now - DAY).order_by("at")
    points = [(at, power_w / 1000) for at, power_w in rows.values_list("at", "power_w")]
    if not points:
        return None
    points.append((now, power_now_w / 1000))
    power = Series("power of all", "cp-said", points, steps=False)
    return draw([power], points[0][0], now, "kW")


def _today(now: datetime) -> dict[str, Any]:
    """What started today, and what had started by this time a week ago; with its energy.

    The day is in the user's time zone.
    """
    here = timezone.localtime(now)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    week = timedelta(weeks=1)
    return {
        "since": _in_query(midnight),
        "now": _begun(midnight, now),
        "before": _begun(midnight - week, here - week),
    }


def _in_query(at: datetime) -> str:
    """A moment in the format of a list's query."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _begun(since: datetime, until: datetime) -> dict[str, Any]:
    rows = Transaction.objects.filter(started_at__gte=since, started_at__lt=until)
    last = Coalesce("meter_stop_wh", "meter_latest_wh")
    first = Coalesce("energy_from_wh", "meter_start_wh")
    figures: dict[str, Any] = rows.aggregate(
        count=Count("pk"), energy_wh=Sum(Greatest(last - first, 0.0))
    )
    return figures
