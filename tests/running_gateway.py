"""The real server as a process, on a database of its own, for tests over real sockets."""

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

from chargepoints.models import ApiKey, ChargePoint
from chargepoints.services.stations import registry
from tests import databases
from tests.fakes.charger import RawCharger
from tests.warm_start import ManagePy, run_manage_py

# A slow machine with other tests beside it needs many times what a quiet one does.
START_WITHIN_S = 120.0
# Of the log of a gateway whose test failed, in characters.
LOG_SHOWN = 4_000
KEY = "a-key-for-tests-0123456789"


# Below those that Linux gives away by itself: one of them would be somebody else's by the time
# that the gateway listens.
PORTS = range(10_000, 32_000)


def free_port() -> int:
    while True:
        port = random.SystemRandom().choice(PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


class RunningGateway:
    """`manage.py serve` on `port`; `environment` is what differs from the tests' own.

    `beside` is another gateway, whose database this one shares.
    """

    address = "127.0.0.1"

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
            self.database_url, self._database_name = databases.copy_of_template(name, directory)
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
        self._process: ManagePy | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def manage(self, *arguments: str, within: float = 60) -> str:
        """Run a management command on the same database; its output."""
        done = run_manage_py(list(arguments), self.environment, within)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        arguments = ["serve", "--port", str(self.port)]
        self._process = ManagePy(arguments, self.environment, self.log)
        self._wait_for(self._has_started)

    def stop(self) -> int | None:
        """A graceful stop; the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut does it: all its processes, none of which learns of another's end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        self._end(signal.SIGKILL)
        # A child that is still dying holds the port open, and would be taken for the next server.
        self._wait_for(lambda: not self._answers())

    def errors(self, after: int = 0) -> list[str]:
        """The lines of its log that are ERRORs, from this byte on."""
        logged = self.log.read_bytes()[after:].decode(errors="replace")
        return [line for line in logged.splitlines() if " ERROR " in line]

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-LOG_SHOWN:] if self.log.exists() else ""

    def wait_for_its_end(self, within: float = 60) -> int:
        """The exit status of a server that ends by itself."""
        assert self._process is not None
        status = self._process.wait(within)
        self._process = None
        return status

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _end(self, number: signal.Signals) -> int | None:
        if self._process is None:
            return None
        self._process.send_signal(number)
        status = self._process.wait(timeout=60)
        self._process = None
        return status

    def _has_started(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        return self._answers()

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not condition():
            assert time.monotonic() < deadline, f"not in time: {self.log.read_text()}"
            time.sleep(0.02)

    def _answers(self) -> bool:
        # The port opens when the gateway is up.
        try:
            socket.create_connection((self.address, self.port), timeout=2).close()
        except OSError:
            return False
        return True

    # --- what tests need of it --------------------------------------------------------------

    def database(self) -> AbstractContextManager[None]:
        """The ORM of the test process looks at this gateway's database."""
        return databases.looked_at(self._database_name)

    def register(self, identity: str, *, key: str | None = KEY, **fields: Any) -> ChargePoint:
        return registry.register(identity, key=key, **fields)

    def api_key(self, scope: str = "admin") -> str:
        _, key = ApiKey.issue(f"{scope}-{time.monotonic_ns()}", scope)
        return key

    async def connect(
        self, identity: str, protocol: str = "ocpp1.6", key: str | None = KEY, **more: Any
    ) -> RawCharger:
        return await RawCharger.connect(self.url, identity, key, [protocol], **more)
