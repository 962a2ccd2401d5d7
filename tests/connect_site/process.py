"""A server process under test: its port, its output, its memory, its end."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.warm_start import WarmProcess


class Served:
    """`served.py` with these options; `output` is what it has printed."""

    def __init__(self, options: dict[str, Any], environment: dict[str, str]) -> None:
        self._directory = TemporaryDirectory()
        self._log = Path(self._directory.name, "log")
        self.process = WarmProcess(
            "tests.connect_site.served",
            [json.dumps(options)],
            {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment},
            self._log,
        )

    @property
    def output(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()

    @property
    def port(self) -> int:
        return int(next(line.split()[1] for line in self.lines if line.startswith("port ")))

    @property
    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if "VmRSS" in line))

    def says(self, text: str, timeout: float = 10) -> None:
        until(lambda: text in self.output, timeout, lambda: f"{text!r} not in:\n{self.output}")

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = 15) -> int:
        return self.process.wait(timeout)

    def end(self) -> None:
        self.process.kill()
        self.wait()
        self._directory.cleanup()


@contextmanager
def serving(environment: dict[str, str] | None = None, **options: Any) -> Iterator[Served]:
    server = Served(options, environment or {})
    try:
        server.says("Listening on http")
        yield server
    finally:
        server.end()


def until(
    condition: Callable[[], bool], timeout: float, complaint: Callable[[], str] = lambda: ""
) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.02)
