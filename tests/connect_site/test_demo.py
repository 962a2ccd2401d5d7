"""`manage.py demo` shows a gateway at work to somebody who has configured nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from tests.running_gateway import free_port
from tests.warm_start import REPOSITORY

START_WITHIN_S = 90
CONFIGURED = ("SECRET_KEY", "CREDENTIAL_PEPPER", "DATABASE_URL", "REDIS_URL")


class Demo:
    """`manage.py demo` on free ports; `output` is what it has printed."""

    def __init__(self, directory: Path) -> None:
        self.port, self.core_port = free_port(), free_port()
        self.http = f"http://127.0.0.1:{self.port}"
        self.core = f"http://127.0.0.1:{self.core_port}"
        self.output = ""
        unconfigured = {name: v for name, v in os.environ.items() if name not in CONFIGURED}
        unconfigured.pop("DJANGO_SETTINGS_MODULE", None)
        ports = ["--port", str(self.port), "--core-port", str(self.core_port)]
        self.process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "demo", *ports],
            cwd=REPOSITORY,
            env=unconfigured | {"DEMO_DIRECTORY": str(directory)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                return self
        raise AssertionError(self.output)

    def __exit__(self, *exc_info: object) -> None:
        self.stop(signal.SIGTERM)

    def stop(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            # As `make` and the terminal may both do.
            self.process.send_signal(number)
            self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest or ""
        return self.process.returncode

    def printed(self, word: str) -> str:
        """What is printed after `word`."""
        return next(line.split()[1] for line in self.output.splitlines() if word in line)

    def journal(self) -> Any:
        return requests.get(f"{self.core}/journal", timeout=10).json()

    def charging(self) -> set[str]:
        """The charge points of which the fake core knows that they charge."""
        events = self.journal()["events"]
        return {
            charge_point
            for charge_point, received in events.items()
            if any(event["type"] == "transaction.started" for event in received)
        }

    def children(self) -> list[int]:
        """The process ids of its children, by the kernel's account."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


def until(condition: Callable[[], bool], within: float = START_WITHIN_S) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def admin_page(demo: Demo) -> requests.Response:
    """The list of charge points, as the user sees it whose password is printed."""
    with requests.Session() as session:
        login = f"{demo.http}/admin/login/"
        session.get(login, timeout=30)
        form = {
            "username": demo.printed("User"),
            "password": demo.printed("Password"),
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        session.post(login, data=form, timeout=30)
        return session.get(f"{demo.http}/admin/chargepoints/chargepoint/", timeout=30)


# One test, as each run of the demonstration takes ten seconds.
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_chargers_charge_until_a_signal_stops_all_and_a_second_run_goes_on(
    directory: Path,
) -> None:
    with Demo(directory) as first:
        until(lambda: {"DEPOT-A-01", "DEPOT-B-01"} <= first.charging())
        page = admin_page(first)
        children = first.children()
        status = first.stop(signal.SIGINT)

    assert "DEPOT-A-01" in page.text
    assert status == 0
    assert "Traceback" not in first.output
    assert len(children) == 4
    assert [pid for pid in children if is_there(pid)] == []

    with Demo(directory) as second:
        children = second.children()
        os.kill(children[-1], signal.SIGKILL)
        until(lambda: second.process.poll() is not None)

    assert second.printed("Password") == first.printed("Password")
    assert second.process.returncode == 1
    assert "chargers ended by itself" in second.output
    assert [pid for pid in children if is_there(pid)] == []


def test_a_taken_port_is_named(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=REPOSITORY,
            env=os.environ | {"DEMO_DIRECTORY": str(directory)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: port {port} cannot be used")
