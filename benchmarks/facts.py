"""What the figures depend on besides the code: the machine, its disk, and the versions."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks import postgresql

PACKAGES = (
    "Django",
    "channels",
    "daphne",
    "Twisted",
    "autobahn",
    "uvloop",
    "uvicorn",
    "ocpp",
    "websockets",
    "psycopg",
)


def facts(directory: Path) -> dict[str, str | float]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "kernel": platform.release(),
        "filesystem": _filesystem(directory),
        "commit to disk ms": _disk_commit_ms(directory),
        "python": sys.version.split()[0],
        **{name: version(name) for name in PACKAGES},
        "PostgreSQL": postgresql.version() or "not installed",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem(directory: Path) -> str:
    """The type of the file system that holds the databases."""
    path = directory.resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [m for m in mounts if path.is_relative_to(m[0])]
    return max(holding, key=lambda mount: len(mount[0]))[1]


def _disk_commit_ms(directory: Path) -> float:
    """The median time for 4 KiB to be on the disk."""
    path, times = directory / "disk-probe", []
    with path.open("wb") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    path.unlink()
    return round(sorted(times)[len(times) // 2] * 1e3, 2)
