"""Closes a charger's socket at the request of staff or core, in any server process."""

from django.db import transaction

from chargepoints import clock, nudges
from chargepoints.models import ChargePoint, Connection

LONGEST_REASON = 100
# The close reason for the charger, without the name of the user.
TOLD = "disconnected by the operator"


def disconnect(charge_point: ChargePoint, *, by: str) -> bool:
    """Close the charger's open socket; False if there is none. The charger may connect again.

    After the commit the socket is no longer the charge point's, so no command is sent on it. The
    process that holds it closes it after a nudge, or else in one of its next sweeps.
    """
    with transaction.atomic():
        connection = _open_connection(charge_point)
        if connection is None:
            return False
        now, reason = clock.now(), f"disconnected by {by}"[:LONGEST_REASON]
        # The connection first, as the gateway does, so that the two cannot deadlock.
        still_open = Connection.objects.filter(pk=connection.pk, closed_at=None)
        if not still_open.update(closed_at=now, close_reason=reason):
            return False
        # P6: do not touch a newer socket.
        ChargePoint.objects.filter(pk=charge_point.pk, connection=connection.pk).update(
            connection=None, last_seen_at=now
        )
        transaction.on_commit(lambda: nudges.close(connection, TOLD), robust=True)
    return True


def _open_connection(charge_point: ChargePoint) -> Connection | None:
    current = Connection.objects.select_related("server").filter(current_of=charge_point.pk)
    return current.filter(closed_at=None).first()
