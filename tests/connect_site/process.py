"""A server process under test: its port, its output, its memory, its end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class Served:
    def __init__(self, options: dict[str, Any], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.connect_site.served", json.dumps(options)],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

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
        status = self.process.wait(timeout)
        self._reader.join(5)
        return status

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        assert self.process.stdout
        self.process.stdout.close()


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
