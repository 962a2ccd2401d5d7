"""One clock for all hosts: the database's, if this host's own is wrong.

One process writes leases, deadlines and heartbeats, another one evaluates them. With different
clocks, each would regard the other as dead, and end commands as unanswered too early.
"""

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from chargepoints import clock

logger = logging.getLogger(__name__)

# Smaller differences are normal: the query takes time, and synchronised clocks differ slightly.
TOLERATED = timedelta(seconds=1)
EVERY_S = 5.0
_TIME = "SELECT clock_timestamp()"

_compared_at: float | None = None


def synchronize() -> None:
    """Compare the clocks every few seconds; call it before the first write, and regularly."""
    global _compared_at
    now = time.monotonic()
    if _compared_at is None or now - _compared_at >= EVERY_S:
        compare()
        _compared_at = now


def compare() -> None:
    """Query the database's time. SQLite uses this host's clock."""
    if connection.vendor != "postgresql":
        return
    begun = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(_TIME)
        (there,) = cursor.fetchone()
    ended = datetime.now(UTC)
    apply(there, begun, ended)


def apply(there: datetime, begun: datetime, ended: datetime) -> None:
    """`there`: the database's time, at a moment between the other two times of this host."""
    taken = ended - begun
    ahead = there - (begun + taken / 2)
    if abs(ahead) <= TOLERATED:
        ahead = timedelta(0)
    # A slow answer is too inexact; the next comparison will find the same difference.
    if taken > TOLERATED or abs(ahead - clock.ahead()) <= TOLERATED / 2:
        return
    clock.set_ahead(ahead)
    if not ahead:
        logger.info("this host's clock is correct again")
        return
    seconds, side = abs(ahead.total_seconds()), "behind" if ahead > timedelta(0) else "ahead"
    logger.warning("this host's clock is %.1f s %s: the gateway uses the database's", seconds, side)
