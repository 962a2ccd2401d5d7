"""How the database says that it is away."""

import sqlite3

from django.db import InterfaceError, InternalError, OperationalError

# PostgreSQL, appendix A.
DISK_FULL = "53100"
# One that takes no writes, such as a standby, says InternalError.
STORE_AWAY = (OperationalError, InterfaceError, InternalError)


def is_full(error: BaseException) -> bool:
    """Whether the store has no room left: then a small write may succeed, and the next one fail."""
    cause = error.__cause__
    sqlite_code = getattr(cause, "sqlite_errorcode", 0)
    return sqlite_code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", "") == DISK_FULL
