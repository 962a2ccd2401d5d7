"""Hosts of a network of their own, made of network namespaces: a switch, and a cable to each.

Needs root. A cable that is pulled takes what is sent and delivers nothing: no FIN, no RST.
"""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.running_gateway import START_WITHIN_S, RunningGateway
from tests.warm_start import REPOSITORY

WRONG_CLOCK = Path(__file__).with_name("wrong_clock.c")
PORT = 8000
_numbers = itertools.count(1)


def missing() -> str:
    """Why there can be no hosts here; empty where there can."""
    if "TEST_DATABASE_URL" not in os.environ:
        return "needs the programs of PostgreSQL and Redis: `.ci/with-services`"
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    if shutil.which("ip") is None:
        return "needs `ip` (Debian: iproute2)"
    tried = f"tried-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", tried], capture_output=True, check=False).returncode:
        return "this machine lets nobody make network namespaces"
    subprocess.run(["ip", "netns", "delete", tried], check=True)
    return "" if shutil.which("cc") else "needs a C compiler (Debian: gcc, libc6-dev)"


def wrong_clock(directory: Path) -> Path:
    """What is preloaded where a host's clock is to be wrong."""
    made = directory / "wrong_clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", made, WRONG_CLOCK], check=True)
    return made


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class Network:
    """A switch that this machine is plugged into, at `address`."""

    def __init__(self) -> None:
        self.prefix = f"10.{random.SystemRandom().randint(100, 250)}.{os.getpid() % 250}"
        self.address = f"{self.prefix}.1"
        self.range = f"{self.prefix}.0/24"
        self.switch = f"sw{os.getpid()}"
        self._cables = 0
        ip("link", "add", self.switch, "type", "bridge")
        ip("address", "add", f"{self.address}/24", "dev", self.switch)
        ip("link", "set", self.switch, "up")

    def plug_in(self) -> "Cable":
        self._cables += 1
        name = f"{os.getpid()}-{next(_numbers)}"
        return Cable(self, name, f"{self.prefix}.{self._cables + 1}")

    def remove(self) -> None:
        ip("link", "delete", self.switch)


class Cable:
    """From the switch to the namespace of a host, which has `address`."""

    def __init__(self, network: Network, name: str, address: str) -> None:
        self.namespace, self.address = f"host-{name}", address
        self.network = network
        self._end = f"v{name}"
        ip("netns", "add", self.namespace)
        ip("link", "add", self._end, "type", "veth", "peer", "eth0", "netns", self.namespace)
        for device in ("lo", "eth0"):
            ip("-netns", self.namespace, "link", "set", device, "up")
        ip("-netns", self.namespace, "address", "add", f"{address}/24", "dev", "eth0")
        ip("link", "set", self._end, "up")
        self.plug()

    def plug(self) -> None:
        ip("link", "set", self._end, "master", self.network.switch)

    def pull(self) -> None:
        ip("link", "set", self._end, "nomaster")

    def remove(self) -> None:
        # The namespace itself stays until the last process in it is gone.
        ip("link", "delete", self._end)
        ip("netns", "delete", self.namespace)


class Host(RunningGateway):
    """`manage.py serve` on a host whose clock is so many seconds ahead."""

    def __init__(
        self, cable: Cable, directory: Path, environment: dict[str, str], ahead_s: int
    ) -> None:
        self.cable, self.address, self.port = cable, cable.address, PORT
        self.url = f"ws://{self.address}:{PORT}/ocpp"
        self.http = f"http://{self.address}:{PORT}"
        self.log = directory / f"{cable.namespace}.log"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "connect_site.settings",
            "ALLOWED_HOSTS": self.address,
            "PUBLIC_URL": self.http,
            "FILES_DIRECTORY": str(directory / "files"),
            "HOST": self.address,
            "PORT": str(PORT),
            "WORKERS": "2",
            "DRAIN_S": "0",
            "LD_PRELOAD": str(wrong_clock(directory)),
            "CLOCK_AHEAD_S": str(ahead_s),
            **environment,
        }
        self._host: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        """`manage.py` on this host, in a group of processes of its own."""
        in_it = ["ip", "netns", "exec", self.cable.namespace]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*in_it, sys.executable, "manage.py", *arguments],
                env=self.environment | environment,
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        self._host = self.run("serve")
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            assert self._host.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"no answer: {self.log.read_text()}"
            time.sleep(0.1)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int | None:
        """All its processes."""
        host, self._host = self._host, None
        if host is None:
            return None
        os.killpg(host.pid, number)
        try:
            return host.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(host.pid, signal.SIGKILL)
            return host.wait(timeout=15)
