"""Several server processes on the same listening sockets."""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

COUNTERS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
LOOK_EVERY_S = 0.2
LONGEST_BACK_OFF_S = 30
# A worker that lived this long has not failed to start.
GOOD_LIFE_S = 60
# Beyond the time that a worker takes to drain: its applications and its shutdown.
LAST_RESORT_S = 40


@dataclass
class Worker:
    """The place of one process: who runs there, and when to try again."""

    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    failures: int = 0
    start_at: float = field(default_factory=time.monotonic)


class Workers:
    def __init__(self, sockets: list[socket.socket], count: int, drain_s: float) -> None:
        self.sockets = sockets
        self.workers = [Worker() for _ in range(count)]
        self.drain_s = drain_s
        self.signals = 0
        self.lifeline, self.held_end = os.pipe()

    def run(self) -> int:
        """Until a signal. Returns 0 when every worker has ended in order."""
        with _common_counters():
            return self._run()

    def _run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        while not self.signals:
            for worker in self.workers:
                self._look_after(worker)
            time.sleep(LOOK_EVERY_S)
        return self._wait_for_the_end()

    def _signalled(self, number: int, _: Any) -> None:
        """The first lets the workers drain, the second ends them at once, as with one process."""
        self.signals += 1
        for each in self.sockets:
            each.close()
        for process in self._running():
            process.send_signal(number)

    def _look_after(self, worker: Worker) -> None:
        now = time.monotonic()
        if worker.process is not None and worker.process.poll() is not None:
            worker.failures = 1 if now - worker.started_at > GOOD_LIFE_S else worker.failures + 1
            delay = min(2.0 ** (worker.failures - 1), LONGEST_BACK_OFF_S)
            logger.error(
                "Worker %d ended with status %d; the next starts in %.0f s",
                worker.process.pid, worker.process.returncode, delay,
            )  # fmt: skip
            worker.process, worker.start_at = None, now + delay
        if worker.process is None and now >= worker.start_at and not self.signals:
            worker.process, worker.started_at = self._start(), now

    def _start(self) -> "subprocess.Popen[bytes]":
        files = [self.lifeline, *(each.fileno() for each in self.sockets)]
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "connect_site.server", *map(str, files)],
            pass_fds=files,
            # Ctrl-C reaches the parent alone, which passes it on once.
            start_new_session=True,
        )

    def _running(self) -> "list[subprocess.Popen[bytes]]":
        processes = [worker.process for worker in self.workers if worker.process is not None]
        return [process for process in processes if process.poll() is None]

    def _wait_for_the_end(self) -> int:
        deadline = time.monotonic() + self.drain_s + LAST_RESORT_S
        while self._running() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        for process in self._running():
            logger.error("Worker %d did not stop", process.pid)
            process.kill()
            process.wait()
        statuses = [each.process.returncode for each in self.workers if each.process is not None]
        return 0 if not any(statuses) else 1


@contextmanager
def _common_counters() -> Iterator[None]:
    """Where the workers count together, so that each of them answers /metrics for all.

    What a worker that has ended had counted stays counted.
    """
    if COUNTERS_DIRECTORY in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="connect-metrics-") as directory:
        os.environ[COUNTERS_DIRECTORY] = directory
        yield
