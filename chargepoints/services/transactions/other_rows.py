"""Other rows of a charge point that the start or the end of a transaction changes.

Charge points rarely have any of them. One query checks for all five kinds, instead of five queries.
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


class OtherRows(NamedTuple):
    """Whether the charge point has any rows of each kind."""

    orphaned_stops: bool
    open_reservations: bool
    awaiting_commands: bool
    profiles_of_transactions: bool
    messages_of_transactions: bool


_OTHER_ROWS = PreparedQuery(
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


def of(inbound: Inbound) -> OtherRows:
    """Query once for each message."""
    found = inbound.other_rows
    if not isinstance(found, OtherRows):
        found = inbound.other_rows = OtherRows(*_OTHER_ROWS.one(inbound.station.id))
    return found
