"""The real server as a process, on a database of its own, for tests over real sockets."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

import psycopg
from django.db import connection, connections

from chargepoints.models import ApiKey, ChargePoint
from chargepoints.services import charge_points
from tests.fakes.charger import RawCharger

REPOSITORY = Path(__file__).resolve().parent.parent
START_WITHIN_S = 30.0
# The server reads the product's settings, and the tests' environment.
_ENVIRONMENT = {**os.environ, "DJANGO_SETTINGS_MODULE": "connect_site.settings"}
KEY = "a-key-for-tests-0123456789"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class RunningGateway:
    """`manage.py serve` on `port`; `environment` is what differs from the tests' own.

    `beside` is another gateway, whose database this one shares.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        environment: dict[str, str],
        beside: "RunningGateway | None" = None,
    ) -> None:
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ocpp"
        self.http = f"http://127.0.0.1:{self.port}"
        self.log = directory / f"{name}.log"
        self.database_url: str
        self._database_name: str
        if beside is not None:
            self.database_url, self._database_name = beside.database_url, beside._database_name
        else:
            self.database_url, self._database_name = _own_database(name, directory)
        self.environment = {
            **os.environ,
            # The tests' own settings would put their database in the place of this one.
            "DJANGO_SETTINGS_MODULE": "connect_site.settings",
            "DATABASE_URL": self.database_url,
            "PUBLIC_URL": self.http,
            "FILES_DIRECTORY": str(directory / "files"),
            "PING_INTERVAL_S": "50",
            "OFFLINE_GRACE_S": "2",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def manage(self, *arguments: str, within: float = 60) -> str:
        """Run a management command on the same database; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"no answer: {self.log.read_text()}"
            time.sleep(0.05)

    def stop(self) -> int | None:
        """A graceful stop; the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut does it."""
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _end(self, number: signal.Signals) -> int | None:
        if self._process is None:
            return None
        self._process.send_signal(number)
        status = self._process.wait(timeout=30)
        self._process = None
        return status

    def _answers(self) -> bool:
        # The port opens when the gateway is up.
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
        except OSError:
            return False
        return True

    # --- what tests need of it --------------------------------------------------------------

    @contextmanager
    def database(self) -> Iterator[None]:
        """The ORM of the test process looks at this gateway's database."""
        handler = connections["default"]
        name = handler.settings_dict["NAME"]
        connections.close_all()
        handler.settings_dict["NAME"] = self._database_name
        try:
            yield
        finally:
            connections.close_all()
            handler.settings_dict["NAME"] = name

    def register(self, identity: str, *, key: str | None = KEY, **fields: Any) -> ChargePoint:
        return charge_points.register(identity, key=key, **fields)

    def api_key(self, scope: str = "admin") -> str:
        _, key = ApiKey.issue(f"{scope}-{time.monotonic_ns()}", scope)
        return key

    async def connect(
        self, identity: str, protocol: str = "ocpp1.6", key: str | None = KEY, **more: Any
    ) -> RawCharger:
        return await RawCharger.connect(self.url, identity, key, [protocol], **more)


def _own_database(name: str, directory: Path) -> tuple[str, str]:
    """The URL and the name of a fresh copy of an empty, migrated database."""
    template = _template(directory.parent)
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    if connection.vendor == "sqlite":
        path = directory / f"{name}.sqlite3"
        shutil.copy(template, path)
        return f"sqlite:///{path}", str(path)
    database = f"gateway_{name}_{os.getpid()}"
    _recreate(base, database, template)
    return f"{base}/{database}", database


@cache
def _template(directory: Path) -> str:
    """Made once for all gateways of this process."""
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    if connection.vendor == "sqlite":
        template = str(directory / f"template-{os.getpid()}.sqlite3")
        url = f"sqlite:///{template}"
    else:
        template = f"gateway_template_{os.getpid()}"
        _recreate(base, template, "template1")
        url = f"{base}/{template}"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=REPOSITORY,
        env={**_ENVIRONMENT, "DATABASE_URL": url},
        check=True,
    )
    return template


def _recreate(base: str, database: str, template: str) -> None:
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
