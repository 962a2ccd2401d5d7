"""The database settings: durable commits, a limited number of connections, and timeouts."""

from contextlib import suppress
from pathlib import Path
from typing import Any

SQLITE = "django.db.backends.sqlite3"
WITH_WRITE_TURNS = "chargepoints.database.sqlite_write_turns"

SQLITE_PRAGMAS = [
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    # In pages: the size of the log at which a commit makes the checkpoint itself.
    "PRAGMA wal_autocheckpoint=16000",
]

# In addition to the writers and the HTTP threads: the read-only worker, planner statistics, and
# readiness probes.
SPARE_CONNECTIONS = 5


def sqlite(config: dict[str, Any], *, base_dir: Path) -> dict[str, Any]:
    """SQLite in WAL mode; every commit is on the disk before it returns."""
    path = base_dir / config["NAME"]
    path.parent.mkdir(parents=True, exist_ok=True)
    make_private(path)
    return {
        **config,
        "ENGINE": WITH_WRITE_TURNS,
        "NAME": str(path),
        # Opening one takes a quarter of the CPU time of an API request; there is one per thread.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            **config.get("OPTIONS", {}),
            # A deferred transaction that has read cannot wait for the write lock: it fails at once
            # with "database is locked". An immediate one waits for its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "; ".join(SQLITE_PRAGMAS),
        },
    }


def make_private(path: Path) -> None:
    """Only our user may read the database file; SQLite gives its other files the same mode."""
    with suppress(OSError):  # another user's file, or a read-only disk: SQLite reports it
        path.touch(mode=0o600, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def postgresql(
    config: dict[str, Any], *, writer_threads: int, http_threads: int, statement_timeout_s: int
) -> dict[str, Any]:
    """PostgreSQL through a pool, with a maximum number of connections per process."""
    session = {
        "statement_timeout": f"{statement_timeout_s}s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
        # Compiling a query would take longer than running it.
        "jit": "off",
    }
    options = dict(config.get("OPTIONS", {}))
    given = options.pop("options", "")
    return {
        **config,
        # After a restart of PostgreSQL the pooled connections are closed: without this check each
        # would fail one request.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            **options,
            "options": " ".join([*(f"-c {k}={v}" for k, v in session.items()), given]).strip(),
            "pool": {
                "min_size": 1,
                "max_size": writer_threads + http_threads + SPARE_CONNECTIONS,
                # There are as many connections as threads, so only a server that is down causes a
                # wait: not longer than the writer's retries, and no back-off beyond the outage.
                "timeout": 2,
                "reconnect_timeout": 2,
            },
        },
    }
