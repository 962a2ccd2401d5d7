"""P16: chargers come first where one lock is for all who write.

Within this process they have every other turn (`turns`). Other processes compete for SQLite's own
lock, which has who waits for it sleep, up to 100 ms between two looks: whoever happens to look
first has it next, and while several others write a commit of the chargers would wait for seconds.
So the chargers' threads look all the time.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import OperationalError, connection, transaction

from chargepoints.database.turns import turns

LOOK_EVERY_S = 0.001
SQLITE_PRAGMAS = [
    "PRAGMA busy_timeout = 0",
    # KiB at most: every charger has pages of its own in each index, and there are thousands.
    "PRAGMA cache_size = -32768",
]

_prepared = threading.local()


@contextmanager
def transaction_of_chargers() -> Iterator[None]:
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            _prepare()
            within_s = connection.settings_dict["OPTIONS"]["timeout"]
            stack.enter_context(turns.turn(of_chargers=True, within_s=within_s))
            _begin_first(stack)
        else:
            stack.enter_context(transaction.atomic())
        yield


def _prepare() -> None:
    """This thread's connection, once."""
    connection.ensure_connection()
    if getattr(_prepared, "connection", None) is not connection.connection:
        with connection.cursor() as cursor:
            for pragma in SQLITE_PRAGMAS:
                cursor.execute(pragma)
        _prepared.connection = connection.connection


def _begin_first(stack: ExitStack) -> None:
    deadline = time.monotonic() + connection.settings_dict["OPTIONS"]["timeout"]
    while True:
        try:
            stack.enter_context(transaction.atomic())
            return
        except OperationalError as error:
            if not _is_taken(error) or time.monotonic() > deadline:
                raise
            time.sleep(LOOK_EVERY_S)


def _is_taken(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the low byte of what is more exact
