"""Deletes old rows of history, in small portions, so that no charger waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from chargepoints import clock
from chargepoints.database import partitions
from chargepoints.models import (
    Connection,
    FleetSample,
    HandshakeRefusal,
    HistoryHold,
    Message,
    MeterValue,
    Mirror,
    MonitoringEvent,
    SecurityEvent,
    ServerRun,
    StatusChange,
    TokenDecision,
)
from chargepoints.services.history import old_partitions

PORTION = 500


@dataclass(frozen=True)
class Kept:
    """`rows` may be deleted when `time` is so many `days` ago; 0: never.

    `going` is called with the rows before they are deleted.
    """

    rows: QuerySet[Any]
    time: str
    days: int
    going: Callable[[QuerySet[Any]], None] | None = None

    def __str__(self) -> str:
        return str(self.rows.model._meta.verbose_name_plural)


def histories() -> list[Kept]:
    """The histories that expire; transactions and commands do not, as evidence of what happened."""
    of_no_open_transaction = Q(transaction=None) | Q(transaction__ended_at__isnull=False)
    days = settings.KEEP_HISTORY_DAYS
    return [
        Kept(Message.objects.all(), "started_at", settings.KEEP_MESSAGES_DAYS, _note_missed),
        Kept(
            MeterValue.objects.filter(of_no_open_transaction),
            "received_at",
            settings.KEEP_METER_VALUES_DAYS,
        ),
        Kept(_overtaken(), "received_at", days),
        Kept(SecurityEvent.objects.all(), "received_at", days),
        Kept(MonitoringEvent.objects.all(), "received_at", days),
        Kept(Connection.objects.filter(current_of=None), "closed_at", days),
        Kept(HandshakeRefusal.objects.all(), "last_at", days),
        Kept(FleetSample.objects.all(), "at", days),
        Kept(ServerRun.objects.all(), "ended_at", days),
        Kept(TokenDecision.objects.all(), "asked_at", days),
    ]


def _not_held(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Exclude rows of charge points with a hold on their history."""
    if rows.model is HandshakeRefusal:
        held = HistoryHold.objects.filter(charge_point__identity__iexact=OuterRef("identity"))
        return rows.exclude(Exists(held))
    if not any(field.name == "charge_point" for field in rows.model._meta.fields):
        return rows
    return rows.exclude(Exists(HistoryHold.objects.filter(charge_point=OuterRef("charge_point"))))


def _note_missed(rows: QuerySet[Message]) -> None:
    """Count the messages that a mirror will never get, because they are deleted now."""
    missed = rows.filter(
        direction=Message.Direction.FROM_CHARGER,
        pk__gt=F("charge_point__mirror__told_through"),
    )
    counted = missed.order_by().values("charge_point").annotate(count=Count("pk"))
    for each in counted:
        Mirror.objects.filter(charge_point=each["charge_point"]).update(
            missed=F("missed") + each["count"]
        )


def _overtaken() -> QuerySet[StatusChange]:
    """Status changes with a later one; the last of each place is kept: it is the present status."""
    later = StatusChange.objects.filter(
        charge_point=OuterRef("charge_point"), pk__gt=OuterRef("pk")
    )
    of_connector = later.filter(evse_id=OuterRef("evse_id"), connector_id=OuterRef("connector_id"))
    of_station = Q(evse_id=None) & Exists(later.filter(evse_id=None))
    return StatusChange.objects.filter(Exists(of_connector) | of_station)


def prune(kept: Kept) -> int:
    """Delete rows that are too old; returns their number.

    Of a partitioned table, whole partitions, and row by row only what has waited too long for that.
    """
    if not kept.days:
        return 0
    oldest = clock.now() - timedelta(days=kept.days)
    rows = _not_held(kept.rows)
    if not partitions.of(rows.model._meta.db_table):
        return _delete(kept, rows, oldest)
    dropped = old_partitions.drop_old(rows, kept.time, oldest, kept.going)
    waited = timedelta(days=old_partitions.days_longer(kept.days))
    return dropped + _delete(kept, rows, oldest - waited)


def _delete(kept: Kept, rows_not_held: QuerySet[Any], oldest: datetime) -> int:
    """Walk the rows by their keys, which follow the time, and only as far as there are old ones: so
    this needs no index on the time, and does not read rows that stay.
    """
    deleted = last = 0
    while True:
        began = time.monotonic()
        portion = rows_not_held.filter(pk__gt=last).order_by("pk").values_list("pk", kept.time)
        rows = list(portion[:PORTION])
        old = [pk for pk, at in rows if at is not None and at < oldest]
        if not old:
            return deleted
        of_portion = kept.rows.model._default_manager.filter(pk__in=old)
        if kept.going:
            kept.going(of_portion)
        of_portion.delete()
        deleted += len(old)
        last = rows[-1][0]
        # Leave half of the time to others.
        time.sleep(time.monotonic() - began)
