"""(c) the gateway itself: its environment, its database, its server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.postgresql import Database
from benchmarks.spawn import free_port, spawned

REPOSITORY = Path(__file__).resolve().parent.parent
PASSWORD = "the-key-of-every-charger-in-here"
CHARGERS = 1200

# Empty where a `.env` file of this installation might say something else.
ENVIRONMENT = {
    "SECRET_KEY": "a-secret-key-that-only-the-benchmark-knows",
    "CREDENTIAL_PEPPER": "a-pepper-that-only-the-benchmark-knows",
    "DEBUG": "false",
    "CORE_URL": "",
    "EVENTS_URL": "",
    "REDIS_URL": "",
    "WORKERS": "1",
    "LOG_LEVEL": "INFO",
    "DRAIN_S": "0",
    "HEARTBEAT_INTERVAL_S": "300",
}
UNLIMITED = {"CHARGER_MESSAGES_PER_SECOND": "0"}


@dataclass(frozen=True)
class Gateway:
    """A prepared database, on which the server may be started again and again."""

    database: Database
    directory: Path

    @classmethod
    def on_sqlite(cls, directory: Path) -> Gateway:
        return cls(Database(f"sqlite:///{directory}/connect.sqlite3"), directory)

    def prepare(self) -> None:
        """Create the tables and register the chargers."""
        self._ask("prepare", str(CHARGERS), PASSWORD)

    def stored_messages(self) -> int:
        """How many messages of chargers the database holds."""
        return int(self._ask("stored"))

    @contextmanager
    def on_daphne(self, *, limited: bool = False) -> Iterator[tuple[int, int]]:
        """Port and process id of `manage.py serve`."""
        port = free_port()
        command = [sys.executable, str(REPOSITORY / "manage.py"), "serve", "--port", str(port)]
        with self._spawned(command, port, limited=limited) as pid:
            yield port, pid

    @contextmanager
    def on_uvicorn(self) -> Iterator[tuple[int, int]]:
        """The same application on another server: what daphne costs."""
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "connect_site.asgi:application"]
        command += ["--port", str(port), "--loop", "uvloop", "--lifespan", "on"]
        command += ["--log-level", "warning", "--ws-ping-interval", "50"]
        with self._spawned(command, port, limited=False) as pid:
            yield port, pid

    def _ask(self, *arguments: str) -> str:
        return subprocess.check_output(
            [sys.executable, "-m", "benchmarks.gateway_database", *arguments],
            text=True,
            cwd=REPOSITORY,
            env=self._environment({}),
        )

    @contextmanager
    def _spawned(self, command: list[str], port: int, *, limited: bool) -> Iterator[int]:
        environment = self._environment({} if limited else UNLIMITED)
        with spawned(command, port, self.directory / "gateway.log", environment=environment) as pid:
            yield pid

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {**os.environ, **ENVIRONMENT, "DATABASE_URL": self.database.url, **more}


@contextmanager
def temporary_directory(parent: Path, *, keep: bool) -> Iterator[Path]:
    """A new directory on a real disk (where a commit costs what it costs), deleted at the end."""
    directory = parent / f"connect-benchmark-{os.getpid()}"
    directory.mkdir(parents=True)
    try:
        yield directory
    finally:
        if keep:
            print(f"databases and logs: {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)
