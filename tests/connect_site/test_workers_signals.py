"""A signal to the parent of several server processes reaches each of them."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from connect_site.server.workers import Slot, Workers


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Interrupted(Workers):
    """The signal comes when a worker runs, and is not yet known to its parent."""

    def _start(self, slot: Slot) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(["sleep", "300"])
        os.kill(os.getpid(), signal.SIGTERM)
        return process


@pytest.mark.usefixtures("handlers")
def test_a_worker_that_is_being_started_when_the_signal_comes_is_told() -> None:
    workers = Interrupted([], count=2, drain_s=0, pages=False)
    workers.run()  # one that has to be killed would be an error in the log
    first, second = workers.workers
    assert first.process is not None and not first.runs
    assert second.process is None, "it is not started any more"
