"""(c) the gateway itself: its environment, its database, its server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.postgresql import Database
from benchmarks.spawn import free_port, spawned

REPOSITORY = Path(__file__).resolve().parent.parent
PASSWORD = "the-key-of-every-charger-in-here"
CHARGERS = 1600

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
Settings = Mapping[str, str]
NOTHING: Settings = {}
UNLIMITED: Settings = {"CHARGER_MESSAGES_PER_SECOND": "0"}


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
        self.ask("prepare", str(CHARGERS), PASSWORD)

    def stored_messages(self) -> int:
        """How many messages of chargers the database holds."""
        return int(self.ask("stored"))

    def api_key(self, name: str) -> str:
        return self.manage("create_api_key", name, "--scope", "operate").strip()

    def manage(self, *arguments: str, more: Settings = NOTHING) -> str:
        """The output of `manage.py`."""
        return self._output(str(REPOSITORY / "manage.py"), *arguments, more=more)

    @contextmanager
    def on_daphne(self, more: Settings = UNLIMITED) -> Iterator[tuple[int, int]]:
        """Port and process id of `manage.py serve`, with `more` settings."""
        port = free_port()
        command = [sys.executable, str(REPOSITORY / "manage.py"), "serve", "--port", str(port)]
        with self._spawned(command, port, more) as pid:
            yield port, pid

    @contextmanager
    def on_uvicorn(self, more: Settings = UNLIMITED) -> Iterator[tuple[int, int]]:
        """The same application on another server: what daphne costs."""
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "connect_site.asgi:application"]
        command += ["--port", str(port), "--loop", "uvloop", "--lifespan", "on"]
        command += ["--log-level", "warning", "--ws-ping-interval", "50"]
        with self._spawned(command, port, more) as pid:
            yield port, pid

    def ask(self, *arguments: str) -> str:
        return self._output("-m", "benchmarks.gateway_database", *arguments, more=NOTHING)

    def _output(self, *arguments: str, more: Settings) -> str:
        return subprocess.check_output(
            [sys.executable, *arguments], text=True, cwd=REPOSITORY, env=self.environment(more)
        )

    @contextmanager
    def _spawned(self, command: list[str], port: int, more: Settings) -> Iterator[int]:
        environment, log = self.environment(more), self.directory / "gateway.log"
        with spawned(command, port, log, environment=environment) as pid:
            yield pid

    def environment(self, more: Settings) -> dict[str, str]:
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
