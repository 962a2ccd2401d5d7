"""Recognises database outages by their errors."""

import sqlite3

from django.db import InterfaceError, InternalError, OperationalError

# PostgreSQL, appendix A.
DISK_FULL = "53100"
# Data exceptions, syntax errors, and exceeded program limits: appendix A.
STATEMENT_ERRORS = ("22", "42", "54")
_SQLITE_STATEMENT_ERRORS = frozenset(
    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE}
)
# A read-only database, such as a standby, raises InternalError.
STORE_UNAVAILABLE = (OperationalError, InterfaceError, InternalError)


def is_full(error: BaseException) -> bool:
    """Whether the disk is full: a small write may succeed, and the next one fail."""
    cause = error.__cause__
    sqlite_code = getattr(cause, "sqlite_errorcode", 0)
    return sqlite_code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", "") == DISK_FULL


def is_statement_error(error: BaseException) -> bool:
    """Whether the statement is at fault: a pattern too complex, a text too long."""
    cause = error.__cause__
    # The low byte is the primary result code.
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_STATEMENT_ERRORS:
        return True
    return str(getattr(cause, "sqlstate", None) or "").startswith(STATEMENT_ERRORS)
