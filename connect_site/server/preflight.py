"""Checks before the server starts, so that it can store what it acknowledges."""

import fcntl
import os
from pathlib import Path
from typing import IO

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from chargepoints.gateway import version_checks
from chargepoints.services.certificates.authority import CERTIFICATE_FILE
from connect_site.server.sockets import CannotStartError

SQLITE_FULL = 2  # PRAGMA synchronous: FULL is 2, EXTRA is 3


def check(*, workers: int) -> None:
    """Raises CannotStartError, with a message for the operator."""
    check_workers(workers)
    check_directories()
    check_versions()
    try:
        check_reachable()
        check_migrations()
        if not settings.ALLOW_VOLATILE_STORE:
            check_durability()
    except (OperationalError, psycopg.OperationalError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStartError(f"DATABASE_URL: the database cannot be used: {reason}") from None
    finally:
        connections.close_all()


def check_workers(workers: int) -> None:
    if workers > 1 and not settings.REDIS_URL:
        raise CannotStartError("REDIS_URL: required with WORKERS > 1, to reach every process.")
    if workers > 1 and is_sqlite():
        raise CannotStartError("DATABASE_URL: WORKERS > 1 needs PostgreSQL; SQLite has one writer.")


def may_be_several() -> bool:
    """Whether several server processes can run: they need Redis, and not SQLite."""
    return bool(settings.REDIS_URL) and not is_sqlite()


def check_directories() -> None:
    """Check the directories for uploads and certificates before a charger needs them."""
    files, authority = Path(settings.MEDIA_ROOT), settings.CA_DIRECTORY
    try:
        files.mkdir(parents=True, exist_ok=True)
        writable = os.access(files, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise CannotStartError(f"FILES_DIRECTORY: {files} cannot be written to.")
    if authority and not (Path(authority) / CERTIFICATE_FILE).is_file():
        raise CannotStartError(
            f"CA_DIRECTORY: no authority in {authority}: run `manage.py create_authority` first."
        )


def check_versions() -> None:
    """As `manage.py check` does for OCPP_VERSIONS."""
    if errors := version_checks.check_installed():
        raise CannotStartError("\n".join(f"OCPP_VERSIONS: {error}" for error in errors))


def check_reachable() -> None:
    """Connect without the pool, which would retry for ten seconds and hide the reason."""
    if not is_sqlite():
        connection = connections[DEFAULT_DB_ALIAS]
        psycopg.connect(**connection.get_connection_params()).close()


def check_migrations() -> None:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise CannotStartError(
            f"the database lacks migrations ({len(missing)}): run `manage.py migrate` first."
        )


def check_durability() -> None:
    """P1: nothing is acknowledged that could be lost in a power failure."""
    if is_sqlite():
        if ask("PRAGMA journal_mode") != "wal" or int(ask("PRAGMA synchronous")) < SQLITE_FULL:
            raise CannotStartError(volatile("PRAGMA synchronous is below FULL, or no WAL"))
        return
    if ask("SHOW fsync") != "on":
        raise CannotStartError(volatile("fsync is off"))
    if ask("SHOW synchronous_commit") == "off":
        raise CannotStartError(volatile("synchronous_commit is off"))


def volatile(why: str) -> str:
    return (
        f"DATABASE_URL: the database may lose what it has acknowledged: {why}. "
        "ALLOW_VOLATILE_STORE=true starts all the same, for tests."
    )


def ask(query: str) -> str:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def is_sqlite() -> bool:
    return connections[DEFAULT_DB_ALIAS].vendor == "sqlite"


def only_server() -> IO[str] | None:
    """Lock the SQLite database for this server process; None on PostgreSQL.

    The lock lasts as long as the returned file is open. Other commands ignore it: SQLite itself
    allows them to work while the server runs. Raises CannotStartError.
    """
    if not is_sqlite():
        return None
    database = Path(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    lock = database.with_name(f"{database.name}.server").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise CannotStartError(
            f"a server (process {lock.read().strip() or '?'}) already runs on {database}. "
            "SQLite allows one; several need PostgreSQL (DATABASE_URL) and Redis (REDIS_URL)."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
