"""Close transactions that the charger did not end; the charger's own end corrects them later."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from chargepoints import clock
from chargepoints.clock import PRECISION, api_time
from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.models import Connector, MeterSource, Status, TimeQuality, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.smart_charging import installed_profiles
from chargepoints.services.stations import display_messages
from chargepoints.services.transactions import lifecycle, limits, lookup, other_rows
from chargepoints.services.transactions.lifecycle import Start

BY_NEXT_START = "next_start"
# Tolerated difference between clocks.
AHEAD = timedelta(minutes=5)


class AlreadyEnded(Exception):
    """The transaction has already ended."""


def left_open(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Transactions that are probably open only in our database.

    Since its last meter value the charger has reported the connector as available, or has booted.
    A boot that we received before the start does not count, whatever the charger's clock says.
    """
    alive_at = Coalesce("sampled_at", "started_at")
    freed = Connector.objects.filter(
        evse__charge_point=OuterRef("charge_point"),
        evse__evse_id=OuterRef("evse_id"),
        status=Status.AVAILABLE,
        status_at__gte=OuterRef("alive_until"),
    )
    rows = rows.filter(ended_at=None).alias(
        alive_at=alive_at,
        alive_until=ExpressionWrapper(alive_at + PRECISION, output_field=DateTimeField()),
        known_since=Coalesce("started_received_at", "started_at"),
    )
    booted = Q(charge_point__booted_at__gt=F("alive_at"))
    booted &= Q(charge_point__booted_at__gt=F("known_since"))
    return rows.filter(Exists(freed) | booted)


def close_earlier(inbound: Inbound, start: Start) -> None:
    """Close what is open on the connector: it has one transaction at a time.

    The last sample becomes the final meter value. Replayed starts of the past close nothing.
    """
    if start.evse_id is None:
        return
    for row in lookup.all_open_here(inbound, start.evse_id):
        if row.started_at is not None and row.started_at < start.moment.at:
            inbound.deviate("earlier_transaction_left_open")
            _close_by_start(inbound, row, start)
            lookup.save(inbound, row)


def supersede(inbound: Inbound, row: Transaction, start: Start) -> None:
    """The station reuses a transaction id: later messages with it belong to the new transaction."""
    if row.ended_at is None:
        _close_by_start(inbound, row, start)
    row.superseded = True
    lookup.save(inbound, row)


def close_by_hand(
    pk: int,
    *,
    by: str,
    ended_at: datetime | None = None,
    meter_stop_wh: float | None = None,
) -> Transaction:
    """End it for staff or core (`by`), with their meter reading or the last sample.

    The default of `ended_at` is the time of the last sample, else now. Raises AlreadyEnded, and
    ValidationError with messages by field.
    """
    with unit_of_work() as unit:
        row = Transaction.objects.select_for_update(no_key=True).get(pk=pk)
        if row.ended_at is not None:
            raise AlreadyEnded
        _check(row, ended_at, meter_stop_wh)
        if meter_stop_wh is not None:
            row.meter_stop_wh, row.meter_stop_source = meter_stop_wh, MeterSource.STATED
        _close(unit, row, by, ended_at or row.sampled_at or clock.now())
        row.save()
        installed_profiles.transaction_ended(row.charge_point_id, row.evse_id, row.transaction_id)
        display_messages.transaction_ended(unit, row.charge_point_id, row.transaction_id)
    return row


def _check(row: Transaction, ended_at: datetime | None, meter_stop_wh: float | None) -> None:
    wrong = {}
    if ended_at is not None and ended_at > clock.now() + AHEAD:
        wrong["ended_at"] = "this time is in the future"
    if ended_at is not None and row.started_at is not None and ended_at < row.started_at:
        wrong["ended_at"] = "this time is before the transaction's start"
    at_start = row.meter_start_wh or 0
    if meter_stop_wh is not None and meter_stop_wh < at_start:
        wrong["meter_stop_wh"] = f"below the meter value at the start, {at_start:.0f} Wh"
    if wrong:
        raise ValidationError(wrong)


def _close_by_start(inbound: Inbound, row: Transaction, start: Start) -> None:
    _close(inbound.unit, row, BY_NEXT_START, row.sampled_at or start.moment.at)
    limits.ended(row)
    others = other_rows.of(inbound)
    if others.profiles_of_transactions:
        # A profile that names no transaction may be that of the new one.
        installed_profiles.transaction_ended(
            row.charge_point_id, row.evse_id, row.transaction_id, unnamed=False
        )
    if others.messages_of_transactions:
        display_messages.transaction_ended(inbound.unit, row.charge_point_id, row.transaction_id)


def _close(unit: UnitOfWork, row: Transaction, by: str, at: datetime) -> None:
    row.ended_at = at
    row.ended_received_at = clock.now()
    row.closed_by = by[:150]
    row.power_w = row.current_a = None
    row.charging_state = ""
    if row.meter_stop_wh is None and row.meter_latest_wh is not None:
        row.meter_stop_wh, row.meter_stop_source = row.meter_latest_wh, MeterSource.LAST_SAMPLE
    data = lifecycle.describe(row) | {"sampled_at": api_time(row.sampled_at)}
    unit.emit(
        row.charge_point_id,
        "transaction.ended",
        data,
        occurred_at=at,
        time_quality=TimeQuality.ESTIMATED,
    )
