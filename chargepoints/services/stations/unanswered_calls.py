"""Charge points that keep their socket open but answer no requests.

A new socket helps some of them, so the gateway closes it once; after that it reports the problem
to staff and leaves the socket open.
"""

import logging

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint
from chargepoints.protocol.station import Station

logger = logging.getLogger(__name__)

# Unanswered requests in a row; a single one may be lost on a bad line.
DEAF_AFTER = 3


def note(unit: UnitOfWork, station: Station, *, answered: bool) -> bool:
    """Count the result of a CALL; True if a new socket may help and was not tried before."""
    if answered:
        if station.deaf:
            _set(unit, station, deaf=False)
        unit.after_commit(lambda: _count(station, 0))
        return False
    unanswered = station.unanswered + 1
    unit.after_commit(lambda: _count(station, unanswered))
    if unanswered < DEAF_AFTER or station.deaf:
        return False
    logger.warning("%s does not answer requests", station.identity)
    _set(unit, station, deaf=True)
    return True


def _count(station: Station, unanswered: int) -> None:
    station.unanswered = unanswered


def _set(unit: UnitOfWork, station: Station, *, deaf: bool) -> None:
    ChargePoint.objects.filter(pk=station.id).update(deaf_since=clock.now() if deaf else None)
    unit.emit(station.id, "charge_point.deaf", {"deaf": deaf})
    unit.after_commit(lambda: setattr(station, "deaf", deaf))
