"""Limits of a transaction that core has set: enforced by the charger, else by the gateway."""

from datetime import timedelta
from typing import Any

from chargepoints.models import ChargePoint, Command, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused

# A stop that is due while the charger is offline is sent when it is online again.
LATE_S = 24 * 3600

REQUESTER = "gateway: limits"
# Limit -> the field of the transaction that it limits.
_FIGURES = {"energy_wh": "energy_wh", "cost": "total_cost", "soc": "soc_percent"}


def set_limits(inbound: Inbound, row: Transaction, limits: dict[str, Any]) -> None:
    """Set the limits; if the charger does not enforce the time limit, schedule the stop."""
    row.limits = limits
    time_s = limits.get("time_s")
    if time_s is None or "time_s" in kept_by_station(inbound.station, anew=True):
        return
    if row.started_at is not None and row.ended_at is None:
        _stop(inbound, row, after_s=time_s)


def kept_by_station(station: Station, *, anew: bool = False) -> frozenset[str]:
    """The limits that the charger enforces itself; `anew`: read them again."""
    if anew or station.enforced_limits is None:
        find = station.find_enforced_limits
        station.enforced_limits = find(station.id) if find is not None else frozenset()
    return station.enforced_limits


def keep(inbound: Inbound, row: Transaction) -> None:
    """Stop the transaction, once, if its values have reached a limit."""
    limits = row.limits
    if not limits or row.ended_at is not None or "reached" in limits:
        return
    kept = kept_by_station(inbound.station)
    for name, figure in _FIGURES.items():
        limit, value = limits.get(name), getattr(row, figure)
        if name not in kept and limit is not None and value is not None and value >= limit:
            row.limits = limits | {"reached": name}
            _stop(inbound, row)
            return


def ended(row: Transaction) -> None:
    """Cancel the scheduled stop."""
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
