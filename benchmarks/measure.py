"""Runs the load generator against a running system, in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from benchmarks.gateway import REPOSITORY
from benchmarks.load.scenarios import Target
from benchmarks.systems import System

Figures = dict[str, float]

CHARGERS = 200
IDLE_CHARGERS = 1000
NEIGHBOURS = ("none", "slow", "silent", "flooding", "garbage", "flapping")
STEADY_CHARGERS = 100
STEADY_PER_SECOND = 2.0


class LoadError(Exception):
    """The load generator gave up; with the end of what it said."""


def system(subject: System, seconds: float) -> Figures:
    """All figures of one system: connects and memory first, then the closed loop.

    What stores messages must have stored each one that it answered: `lost` are the others.
    """
    before = subject.stored() if subject.stored else 0
    with subject.running() as target:
        connects = run("connects", target, chargers=IDLE_CHARGERS)
        time.sleep(1)  # the sockets of all those chargers are closed meanwhile
        loop = run("closed_loop", target, chargers=CHARGERS, seconds=seconds)
    figures = connects | loop
    figures["answered"] = connects["answered"] + loop["answered"]
    if subject.stored:
        figures["stored"] = subject.stored() - before
        figures["lost"] = max(0.0, figures["answered"] - figures["stored"])
    return figures


def beside(kind: str, target: Target, seconds: float) -> Figures:
    """Latencies of well-behaved chargers beside one that is not; `none` for peace."""
    options = {
        "chargers": STEADY_CHARGERS,
        "seconds": seconds,
        "per_second": STEADY_PER_SECOND,
    }
    if kind == "none":
        return run("steady", target, **options)
    with _neighbour(kind, target) as deeds:
        figures = run("steady", target, **options)
    return figures | {f"neighbour_{name}": value for name, value in deeds.items()}


def run(scenario: str, target: Target, **options: float) -> Figures:
    order = json.dumps({"scenario": scenario, "target": asdict(target), "options": options})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", order],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    if done.returncode != 0:
        raise LoadError(f"{scenario}: {done.stderr[-2000:]}")
    figures: Figures = json.loads(done.stdout)
    return figures


@contextmanager
def _neighbour(kind: str, target: Target) -> Iterator[dict[str, Any]]:
    deeds: dict[str, Any] = {}
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load.neighbour", kind]
        + [str(target.port), target.password, str(STEADY_CHARGERS)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert process.stdout
    try:
        if process.stdout.readline() != "ready\n":
            raise LoadError(f"the {kind} neighbour could not connect")
        yield deeds
        process.terminate()
        deeds.update(json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
