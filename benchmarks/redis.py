"""A private Redis, for what several server processes tell each other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.spawn import free_port, spawned


def installed() -> bool:
    return shutil.which("redis-server") is not None


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """Its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with spawned(command, port, directory / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"
