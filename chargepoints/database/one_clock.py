"""One clock for all hosts: the database's, where this host's own is wrong.

Leases, deadlines and heartbeats are written by one process and judged by another. On two hosts
whose clocks differ, each would take the other for dead, and a command for one that was never
answered.
"""

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from chargepoints import clock

logger = logging.getLogger(__name__)

# Less is no fault: to ask takes some time, and clocks that are kept in step differ by less.
TOLERATED = timedelta(seconds=1)
EVERY_S = 5.0
_TIME = "SELECT clock_timestamp()"

_looked_at: float | None = None


def keep() -> None:
    """Compare the clocks now and then; call it before the first write, and regularly."""
    global _looked_at
    now = time.monotonic()
    if _looked_at is None or now - _looked_at >= EVERY_S:
        look()
        _looked_at = now


def look() -> None:
    """Ask the database for the time. SQLite is on this host."""
    if connection.vendor != "postgresql":
        return
    begun = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(_TIME)
        (there,) = cursor.fetchone()
    ended = datetime.now(UTC)
    take(there, begun, ended)


def take(there: datetime, begun: datetime, ended: datetime) -> None:
    """`there`: what the database said between these two times of this host."""
    taken = ended - begun
    ahead = there - (begun + taken / 2)
    if abs(ahead) <= TOLERATED:
        ahead = timedelta(0)
    # An answer that was long under way says little; the next look will find the same.
    if taken > TOLERATED or abs(ahead - clock.ahead()) <= TOLERATED / 2:
        return
    clock.set_ahead(ahead)
    if not ahead:
        logger.info("this host's clock is right again")
        return
    seconds, side = abs(ahead.total_seconds()), "behind" if ahead > timedelta(0) else "ahead"
    logger.warning("this host's clock is %.1f s %s: the gateway uses the database's", seconds, side)
