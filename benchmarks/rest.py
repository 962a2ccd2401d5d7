"""What the processes take while nothing happens: CPU as a share of one core."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import measure
from benchmarks.core_link.running import running_core
from benchmarks.gateway import PASSWORD, REPOSITORY, UNLIMITED, Gateway
from benchmarks.load.scenarios import Target
from benchmarks.measure import Figures
from benchmarks.processes import cpu_seconds

CHARGERS = 1_000
STARTS_WITHIN_S = 8.0
DELIVERED_WITHIN_S = 300.0
BUSY_PERCENT = 20.0


def run(gateway: Gateway, directory: Path, seconds: float) -> dict[str, Figures]:
    with running_core(directory, 0) as core:
        settings = {**UNLIMITED, **core}
        with (
            gateway.on_daphne(settings) as (port, pid),
            measure.held(Target(port, PASSWORD, pid), CHARGERS),
        ):
            time.sleep(STARTS_WITHIN_S)
            server = _share(pid, seconds)
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "deliver_events"],
            cwd=REPOSITORY,
            env=gateway.environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(STARTS_WITHIN_S)
            _wait_until_at_rest(worker.pid)
            delivery = _share(worker.pid, seconds)
        finally:
            worker.terminate()
            worker.wait()
    return {
        f"server with {CHARGERS:,} chargers": server,
        "event worker": delivery,
    }


def _wait_until_at_rest(pid: int) -> None:
    """What the loads before have left is delivered first."""
    deadline = time.monotonic() + DELIVERED_WITHIN_S
    while _share(pid, 1.0)["cpu_percent"] > BUSY_PERCENT and time.monotonic() < deadline:
        continue


def _share(pid: int, seconds: float) -> Figures:
    before = cpu_seconds(pid)
    time.sleep(seconds)
    return {"cpu_percent": (cpu_seconds(pid) - before) / seconds * 100}
