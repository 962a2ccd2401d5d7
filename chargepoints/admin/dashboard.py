"""The first page: how the fleet is, and what needs a person."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from chargepoints.models import (
    ChargePoint,
    Command,
    Connector,
    HandshakeRefusal,
    Registration,
    Status,
    Transaction,
)

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
    """What its template needs; `troubles` come from whoever calls this."""
    if not request.user.has_perm("chargepoints.view_chargepoint"):
        return context
    day_ago = timezone.now() - DAY
    refusals = HandshakeRefusal.objects.filter(last_at__gte=day_ago)
    running = Transaction.objects.filter(ended_at=None)
    faulted = Connector.objects.filter(status=Status.FAULTED)
    return context | {
        "fleet": ChargePoint.objects.aggregate(
            total=Count("pk"),
            online=Count("pk", filter=Q(connection__isnull=False)),
            pending=Count("pk", filter=Q(registration=Registration.PENDING)),
        ),
        "charging": running.aggregate(running=Count("pk"), power_w=Sum("power_w")),
        "strongest": running.select_related("charge_point").order_by(
            F("power_w").desc(nulls_last=True), "-id"
        )[:SHOWN],
        "faulted_count": faulted.count(),
        "faulted": faulted.select_related("evse__charge_point")[:SHOWN],
        "pending": ChargePoint.objects.filter(registration=Registration.PENDING)[:SHOWN],
        "offline": ChargePoint.objects.filter(connection=None, last_seen_at__isnull=False).order_by(
            "-last_seen_at"
        )[:SHOWN],
        "refused_count": refusals.count(),
        "refused": refusals[:SHOWN],
        "failed_states": FAILED,
        "failed_count": Command.objects.filter(created_at__gte=day_ago, state__in=FAILED).count(),
    }
