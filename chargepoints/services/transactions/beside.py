"""What a charge point has beside its transactions that the begin or the end of one touches.

Hardly ever is there any of it, and whoever looks for each alone asks the database five times.
"""

from typing import NamedTuple

from django.db.models import Exists, Q

from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import (
    ChargePoint,
    ChargingProfile,
    Command,
    DisplayMessage,
    Reservation,
    Transaction,
)
from chargepoints.protocol.inbound import Inbound

State = Reservation.State


class Beside(NamedTuple):
    """Whether there is any at this charge point."""

    orphaned_stops: bool
    open_reservations: bool
    awaiting_commands: bool
    profiles_of_transactions: bool
    messages_of_transactions: bool


_BESIDE = PreparedQuery(
    lambda charge_point_id: ChargePoint.objects.filter(pk=charge_point_id).values_list(
        *(
            Exists(rows.filter(charge_point_id=charge_point_id))
            for rows in (
                Transaction.objects.filter(orphan=True, started_at=None),
                Reservation.objects.filter(state__in=[State.ACTIVE, State.REQUESTED]),
                Command.objects.filter(~Q(effect_key=""), finished_at=None),
                ChargingProfile.objects.filter(purpose=ChargingProfile.Purpose.TRANSACTION),
                DisplayMessage.objects.filter(~Q(transaction_id="")),
            )
        )
    )
)


def of(inbound: Inbound) -> Beside:
    """What else is charging when this message is handled; read once."""
    found = inbound.beside
    if not isinstance(found, Beside):
        found = inbound.beside = Beside(*_BESIDE.one(inbound.station.id))
    return found
