"""P16: gives chargers priority where all writers share one lock (SQLite).

Within this process they get every other turn (`write_turns`). Other processes compete for SQLite's
own lock, whose waiters sleep for up to 100 ms between two attempts. The first to try after its
release gets it, so a commit of the chargers could wait for seconds while others write.
Therefore the chargers' threads retry almost without a pause.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction

from chargepoints.database.statements import vendor
from chargepoints.database.write_turns import write_turns

RETRY_EVERY_S = 0.001
SQLITE_PRAGMAS = [
    "PRAGMA busy_timeout = 0",
    # Up to 32 MiB: each of thousands of chargers uses other pages of each index.
    "PRAGMA cache_size = -32768",
]

_prepared = threading.local()


@contextmanager
def transaction_of_chargers() -> Iterator[None]:
    if vendor() != "sqlite":
        with transaction.atomic():
            yield
        return
    database = connections[DEFAULT_DB_ALIAS]
    _prepare(database)
    within_s = database.settings_dict["OPTIONS"]["timeout"]
    with write_turns.turn(of_chargers=True, within_s=within_s), ExitStack() as stack:
        _begin_first(stack, within_s)
        yield


def _prepare(database: Any) -> None:
    """Set the pragmas on this thread's connection, once."""
    database.ensure_connection()
    if getattr(_prepared, "connection", None) is not database.connection:
        with database.cursor() as cursor:
            for pragma in SQLITE_PRAGMAS:
                cursor.execute(pragma)
        _prepared.connection = database.connection


def _begin_first(stack: ExitStack, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            stack.enter_context(transaction.atomic())
            return
        except OperationalError as error:
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_EVERY_S)


def _is_locked(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the primary result code
