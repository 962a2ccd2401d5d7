"""Closing a charger's socket from outside, whichever server process holds it."""

from django.db import transaction

from chargepoints import clock, nudges
from chargepoints.models import ChargePoint, Connection

LONGEST_REASON = 100
# Who did it is nothing that the charger needs to know.
TOLD = "disconnected by the operator"


def disconnect(charge_point: ChargePoint, *, by: str) -> bool:
    """Close the charger's open socket; False where none is open. It may connect again at once.

    From the commit on the socket is the charge point's no longer, so that no command goes over it.
    The process that holds it closes it when it is nudged, or else within its next sweeps.
    """
    with transaction.atomic():
        connection = _open_connection(charge_point)
        if connection is None:
            return False
        now, reason = clock.now(), f"disconnected by {by}"[:LONGEST_REASON]
        # In the gateway's order, so that the two cannot deadlock: first the connection.
        still_open = Connection.objects.filter(pk=connection.pk, closed_at=None)
        if not still_open.update(closed_at=now, close_reason=reason):
            return False
        # P6: a socket that has come meanwhile is left alone.
        ChargePoint.objects.filter(pk=charge_point.pk, connection=connection.pk).update(
            connection=None, last_seen_at=now
        )
        transaction.on_commit(lambda: nudges.close(connection, TOLD), robust=True)
    return True


def _open_connection(charge_point: ChargePoint) -> Connection | None:
    current = Connection.objects.select_related("server").filter(current_of=charge_point.pk)
    return current.filter(closed_at=None).first()
