"""The database connection settings: durable, bounded, and never waiting for ever."""

from contextlib import suppress
from pathlib import Path
from typing import Any

SQLITE = "django.db.backends.sqlite3"
BY_TURNS = "chargepoints.database.sqlite_by_turns"

SQLITE_PRAGMAS = [
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    # Pages: the most that `database/checkpoints.py` may leave to a commit.
    "PRAGMA wal_autocheckpoint=16000",
]

# Beside the writers and the HTTP threads: who looks up for decisions, the command sweep, the
# housekeeping, a readiness probe.
SPARE_CONNECTIONS = 5


def sqlite(config: dict[str, Any], *, base_dir: Path) -> dict[str, Any]:
    """SQLite in WAL mode, every commit on the disk before it returns."""
    path = base_dir / config["NAME"]
    path.parent.mkdir(parents=True, exist_ok=True)
    make_private(path)
    return {
        **config,
        "ENGINE": BY_TURNS,
        "NAME": str(path),
        # To open one is a quarter of the CPU of an API request, and there is one a thread.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            **config.get("OPTIONS", {}),
            # A deferred transaction that has read cannot wait for the lock it needs to write: it
            # fails at once with "database is locked". An immediate one waits for its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "; ".join(SQLITE_PRAGMAS),
        },
    }


def make_private(path: Path) -> None:
    """Only our user may read the database file; SQLite gives its other files the same mode."""
    with suppress(OSError):  # somebody else's file, or a disk that takes nothing: SQLite will tell
        path.touch(mode=0o600, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def postgresql(
    config: dict[str, Any], *, writer_threads: int, http_threads: int, statement_timeout_s: int
) -> dict[str, Any]:
    """PostgreSQL through a pool with a computed upper bound of connections for each process."""
    session = {
        "statement_timeout": f"{statement_timeout_s}s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
        # To compile a query takes longer than any of ours takes to run.
        "jit": "off",
    }
    options = dict(config.get("OPTIONS", {}))
    given = options.pop("options", "")
    return {
        **config,
        # A server that was started anew has closed those that wait in the pool: each would fail a
        # request, although the database is back.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # The statements of the hot path are prepared at their second use.
            "prepare_threshold": 2,
            **options,
            "options": " ".join([*(f"-c {k}={v}" for k, v in session.items()), given]).strip(),
            "pool": {
                "min_size": 1,
                "max_size": writer_threads + http_threads + SPARE_CONNECTIONS,
                # There are as many connections as threads, so a wait is for a server that is down:
                # no longer than the writer retries, and never a back-off that outlasts the outage.
                "timeout": 2,
                "reconnect_timeout": 2,
            },
        },
    }
