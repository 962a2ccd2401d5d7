"""A gateway with an empty database, and a fake core for it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from connect_site.demo.environment import REPOSITORY
from connect_site.demo.processes import ChildDiedError, Processes
from tests.fakes.core import FakeCore

START_WITHIN_S = 60.0
EVENTS_SECRET = "whsec_cmVwbGF5LXNlY3JldC1vZi0yNC1ieXRlcy0wMA=="  # noqa: S105  (nobody else's)


@dataclass(frozen=True, slots=True)
class Server:
    http: str
    key: str
    core: FakeCore

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Raises requests.HTTPError."""
        answer = requests.request(
            method,
            f"{self.http}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running() -> Iterator[Server]:
    """Raises ChildDiedError if the gateway does not start."""
    with TemporaryDirectory(prefix="connect-replay-") as name, FakeCore() as core:
        directory = Path(name)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = _environment(directory, core.url, port)
        _manage(environment, "migrate", "--verbosity", "0")
        key = _manage(environment, "create_api_key", "replay", "--scope", "admin").split()[-1]
        processes = Processes(directory)
        processes.start("gateway", "manage.py", "serve", "--port", str(port), **environment)
        try:
            server = Server(f"http://127.0.0.1:{port}", key, core)
            _wait_for(server, processes)
            yield server
        finally:
            processes.stop()


def _environment(directory: Path, core_url: str, port: int) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "connect_site.settings",
        "DATABASE_URL": f"sqlite:///{directory}/replay.sqlite3",
        "FILES_DIRECTORY": str(directory / "files"),
        "REDIS_URL": "",
        "WORKERS": "1",
        "SECRET_KEY": secrets.token_hex(32),
        "CREDENTIAL_PEPPER": secrets.token_hex(32),
        "CORE_URL": core_url,
        "CORE_TOKEN": "",
        "EVENTS_SECRETS": EVENTS_SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "API_REQUESTS_PER_MINUTE": "0",
        "CHARGER_MESSAGES_PER_SECOND": "1000",
        "CHARGER_BURST": "1000",
    }


def _manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  (our own commands)
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ChildDiedError(f"manage.py {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


def _wait_for(server: Server, processes: Processes) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        processes.check()
        try:
            if requests.get(f"{server.http}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"the gateway is not ready within {START_WITHIN_S:.0f} s")
        time.sleep(0.1)
