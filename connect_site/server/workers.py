"""Runs several server processes: workers on the same listening sockets, and one for pages."""

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

from connect_site.server import unserved

logger = logging.getLogger(__name__)

COUNTERS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
CHECK_EVERY_S = 0.2
LONGEST_BACK_OFF_S = 30
# A worker that ran for this long has not failed to start.
GOOD_LIFE_S = 60
# In addition to the time for draining: for its applications and its shutdown.
LAST_RESORT_S = 40


@dataclass
class Slot:
    """A slot for one process: what it inherits, the running process, and when to start it again."""

    name: str
    listening: list[socket.socket]
    handover: socket.socket | None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    failures: int = 0
    start_at: float = field(default_factory=time.monotonic)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Workers:
    """`count` workers; with `pages`, one more process, to which they hand requests for pages."""

    def __init__(
        self, sockets: list[socket.socket], count: int, drain_s: float, *, pages: bool
    ) -> None:
        self.sockets = sockets
        ours, theirs = _handover() if pages else (None, None)
        self.workers = [Slot("Worker", sockets, ours) for _ in range(count)]
        self.for_pages = [Slot("Server of pages", [], theirs)] if pages else []
        self.slots = [*self.workers, *self.for_pages]
        self.drain_s = drain_s
        self.signals = 0
        self.lifeline, self.held_end = os.pipe()

    def run(self) -> int:
        """Run until a signal. Returns 0 if all processes ended in order."""
        with _common_counters():
            return self._run()

    def _run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        while not self.signals:
            for slot in self.slots:
                self._supervise(slot)
            time.sleep(CHECK_EVERY_S)
        return self._wait_for_the_end()

    def _signalled(self, number: int, _: Any) -> None:
        """The first signal lets the workers drain, the second ends them at once.

        The first may arrive while a worker is being started and not yet known here, so the main
        loop passes it on.
        """
        self.signals += 1
        for each in self.sockets:
            each.close()
        if self.signals > 1:
            _signal(self.slots, number)

    def _supervise(self, slot: Slot) -> None:
        now = time.monotonic()
        if slot.process is not None and slot.process.poll() is not None:
            slot.failures = 1 if now - slot.started_at > GOOD_LIFE_S else slot.failures + 1
            delay = min(2.0 ** (slot.failures - 1), LONGEST_BACK_OFF_S)
            logger.error(
                "%s %d ended with status %d; the next starts in %.0f s",
                slot.name, slot.process.pid, slot.process.returncode, delay,
            )  # fmt: skip
            slot.process, slot.start_at = None, now + delay
        if slot.process is None and now >= slot.start_at and not self.signals:
            slot.process, slot.started_at = self._start(slot), now

    def _start(self, slot: Slot) -> "subprocess.Popen[bytes]":
        listen = [each.fileno() for each in slot.listening]
        handover = [] if slot.handover is None else [slot.handover.fileno()]
        inherited = {"lifeline": [self.lifeline], "handover": handover, "listen": listen}
        arguments = [
            f"--{name}={number}" for name, numbers in inherited.items() for number in numbers
        ]
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "connect_site.server", *arguments],
            pass_fds=[self.lifeline, *handover, *listen],
            # Ctrl-C then reaches only the parent, which passes it on once.
            start_new_session=True,
        )

    def _wait_for_the_end(self) -> int:
        """The server of pages stops after the workers, because it handles their requests."""
        deadline = time.monotonic() + self.drain_s + LAST_RESORT_S
        _signal(self.workers, signal.SIGTERM)
        self._wait_for(self.workers, deadline)
        _signal(self.for_pages, signal.SIGTERM)
        self._wait_for(self.for_pages, deadline)
        for each in self.for_pages:
            if each.handover is not None:
                unserved.refuse(each.handover)
        statuses = [each.process.returncode for each in self.slots if each.process is not None]
        # A process that was still starting ends by the signal itself.
        return 0 if not set(statuses) - {0, -signal.SIGTERM} else 1

    def _wait_for(self, slots: list[Slot], deadline: float) -> None:
        while any(slot.runs for slot in slots) and time.monotonic() < deadline:
            time.sleep(CHECK_EVERY_S)
        for slot in slots:
            if slot.process is not None and slot.runs:
                logger.error("%s %d did not stop", slot.name, slot.process.pid)
                slot.process.kill()
                slot.process.wait()


def _handover() -> tuple[socket.socket, socket.socket]:
    """A datagram pair, which holds waiting messages while the server of pages restarts."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


def _signal(slots: list[Slot], number: int) -> None:
    for slot in slots:
        if slot.process is not None and slot.runs:
            slot.process.send_signal(number)


@contextmanager
def _common_counters() -> Iterator[None]:
    """A directory for shared counters, so that each worker answers /metrics for all of them.

    The counts of workers that have ended are kept.
    """
    if COUNTERS_DIRECTORY in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="connect-metrics-") as directory:
        os.environ[COUNTERS_DIRECTORY] = directory
        try:
            yield
        finally:
            # Later child processes must not look for the deleted directory.
            del os.environ[COUNTERS_DIRECTORY]
