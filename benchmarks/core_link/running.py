"""A core for the gateway to ask, as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gateway import REPOSITORY
from benchmarks.spawn import free_port, spawned

NEVER = -1
SECRET = "whsec_dGhlLXNlY3JldC1vZi10aGUtYmVuY2htYXJrLW9ubHk="


@contextmanager
def running_core(directory: Path, milliseconds: float) -> Iterator[dict[str, str]]:
    """The gateway's settings for a core that answers after so many milliseconds, or NEVER."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.core_link.core", str(port), str(milliseconds)]
    environment = {"PYTHONPATH": str(REPOSITORY)}
    with spawned(command, port, directory / "core.log", environment=environment):
        yield {"CORE_URL": f"http://127.0.0.1:{port}", "EVENTS_SECRETS": SECRET}
