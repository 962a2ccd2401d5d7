"""The limits of a transaction that core has set: kept by the charger, or else by the gateway."""

from datetime import timedelta
from typing import Any

from chargepoints.models import ChargePoint, Command, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused

# A stop that comes due while the charger is offline is sent when it is back.
LATE_S = 24 * 3600

REQUESTER = "gateway: limits"
# By limit: the transaction's figure that it bounds.
_FIGURES = {"energy_wh": "energy_wh", "cost": "total_cost", "soc": "soc_percent"}


def set_limits(inbound: Inbound, row: Transaction, limits: dict[str, Any]) -> None:
    """The transaction has these from now on; a charger that cannot keep them is stopped in time."""
    row.limits = limits
    time_s, kept = limits.get("time_s"), inbound.station.keeps_limits
    if time_s and row.started_at is not None and row.ended_at is None and not kept:
        _stop(inbound, row, after_s=time_s)


def keep(inbound: Inbound, row: Transaction) -> None:
    """Stop it, once, where its figures have reached a limit."""
    limits = row.limits
    if not limits or inbound.station.keeps_limits or row.ended_at is not None:
        return
    if "reached" in limits:
        return
    for name, figure in _FIGURES.items():
        limit, value = limits.get(name), getattr(row, figure)
        if limit is not None and value is not None and value >= limit:
            row.limits = limits | {"reached": name}
            _stop(inbound, row)
            return


def ended(row: Transaction) -> None:
    """What was to stop it later has nothing to stop."""
    if not row.limits:
        return
    queued = Command.objects.filter(
        charge_point_id=row.charge_point_id,
        type="stop",
        state=Command.State.QUEUED,
        requested_by=REQUESTER,
        args__transaction_id=row.transaction_id,
    )
    for command in queued:
        submission.cancel(command)


def _stop(inbound: Inbound, row: Transaction, after_s: float = 0) -> None:
    due = (row.started_at or inbound.received_at) + timedelta(seconds=after_s)
    due = max(due, inbound.received_at)
    try:
        submission.submit(
            ChargePoint.objects.get(pk=inbound.station.id),
            "stop",
            {"transaction_id": row.transaction_id},
            requested_by=REQUESTER,
            not_before=due if after_s else None,
            expires_at=due + timedelta(seconds=LATE_S),
        )
    except CommandRefused as refused:
        inbound.deviate(f"limit_not_kept:{refused.code}")
