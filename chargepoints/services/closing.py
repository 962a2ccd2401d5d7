"""Transactions that no charger ends: closed by rule or by hand, and corrected by the real end."""

from datetime import datetime

from django.utils import timezone

from chargepoints.clock import api_time
from chargepoints.inbound import Inbound
from chargepoints.models import Transaction
from chargepoints.services import transactions
from chargepoints.services.transactions import Start
from chargepoints.unit_of_work import UnitOfWork

BY_NEXT_START = "next_start"
BY_HAND = "staff"


class AlreadyEnded(Exception):
    """The transaction has ended; there is nothing to close."""


def by_next_start(inbound: Inbound, start: Start) -> None:
    """A connector charges once at a time: what was open on it before this start has ended.

    Its meter value is the last that was sampled. Replayed starts of the past close nothing.
    """
    if start.evse_id is None or not transactions.known_open(inbound):
        return
    left_open = Transaction.objects.filter(
        charge_point_id=inbound.station.id,
        evse_id=start.evse_id,
        ended_at=None,
        started_at__lt=start.moment.at,
    )
    for row in left_open:
        inbound.deviate("earlier_transaction_left_open")
        _close(inbound.unit, row, BY_NEXT_START, row.sampled_at or start.moment.at)
        transactions.remember(inbound, row)


def by_hand(
    unit: UnitOfWork, row: Transaction, *, at: datetime, meter_stop_wh: float | None
) -> None:
    """Staff close it, with a meter value of theirs or the last sample. Raises AlreadyEnded."""
    if row.ended_at is not None:
        raise AlreadyEnded
    row.meter_stop_wh = meter_stop_wh
    _close(unit, row, BY_HAND, at)


def _close(unit: UnitOfWork, row: Transaction, by: str, at: datetime) -> None:
    row.ended_at = at
    row.ended_received_at = timezone.now()
    row.closed_by = by
    if row.meter_stop_wh is None:
        row.meter_stop_wh = row.meter_latest_wh
    row.save()
    data = transactions.describe(row) | {"closed_by": by, "sampled_at": api_time(row.sampled_at)}
    unit.emit(row.charge_point_id, "transaction.ended", data, occurred_at=at)
