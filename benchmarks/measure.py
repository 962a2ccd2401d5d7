"""Runs the load generator against a running system, in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.core_link.running import running_core
from benchmarks.gateway import REPOSITORY, Settings
from benchmarks.load.mixes import MIXES
from benchmarks.load.scenarios import Target
from benchmarks.systems import System

Figures = dict[str, float]

CHARGERS = 200
OF_OTHER_VERSIONS = 1200
SOCKETS_CLOSE_S = 1.0
IDLE_CHARGERS = 1000
NEIGHBOURS = ("none", "slow", "silent", "flooding", "garbage", "flapping")
STEADY_CHARGERS = 100
STEADY_PER_SECOND = 2.0


class LoadError(Exception):
    """The load generator gave up; with the end of what it said."""


def system(
    subject: System, mixes: Sequence[str], seconds: float, directory: Path
) -> dict[str, Figures]:
    """All figures of one system, by mix. With the plain one: connects and memory come first.

    What stores messages must have stored each one that it answered: `lost` are the others.
    """
    figures: dict[str, Figures] = {}
    of_core: dict[float | None, list[str]] = defaultdict(list)
    for mix in mixes:
        of_core[MIXES[mix].core_ms].append(mix)
    for core_ms, together in of_core.items():
        with core(directory, core_ms) as settings:
            figures |= _started_once(subject, together, seconds, settings)
    return figures


def _started_once(
    subject: System, mixes: Sequence[str], seconds: float, settings: Settings
) -> dict[str, Figures]:
    before = subject.stored() if subject.stored else 0
    figures: dict[str, Figures] = {}
    with subject.running(settings) as target:
        for mix in mixes:
            connects = _connects(target) if mix == "plain" else {}
            loop = run("closed_loop", target, **_loop(mix, seconds))
            answered = connects.get("answered", 0) + loop["answered"]
            figures[mix] = connects | loop | {"answered": answered}
            time.sleep(SOCKETS_CLOSE_S)
    if subject.stored:
        own = figures[mixes[0]]
        own["answered"] = sum(each["answered"] for each in figures.values())
        own["stored"] = subject.stored() - before
        own["lost"] = max(0.0, own["answered"] - own["stored"])
    return figures


def _connects(target: Target) -> Figures:
    figures = run("connects", target, chargers=IDLE_CHARGERS, mix="plain")
    time.sleep(SOCKETS_CLOSE_S)
    return figures


def _loop(mix: str, seconds: float) -> dict[str, Any]:
    """Each version has chargers of its own; those of 1.6 are among the ones that stay idle."""
    version = list(dict.fromkeys(each.subprotocol for each in MIXES.values())).index(
        MIXES[mix].subprotocol
    )
    first = OF_OTHER_VERSIONS + (version - 1) * CHARGERS if version else 0
    return {"mix": mix, "first": first, "chargers": CHARGERS, "seconds": seconds}


@contextmanager
def core(directory: Path, core_ms: float | None) -> Iterator[Settings]:
    """The settings of a gateway that asks such a core; none where there is no core."""
    if core_ms is None:
        yield {}
        return
    with running_core(directory, core_ms) as settings:
        yield settings


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


def run(scenario: str, target: Target, **options: Any) -> Figures:
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
def held(target: Target, chargers: int, *, first: int = 0) -> Iterator[None]:
    """Chargers that are connected and do as they are told meanwhile."""
    options = {"chargers": chargers, "first": first}
    order = json.dumps({"scenario": "hold", "target": asdict(target), "options": options})
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", order],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert process.stdout
    try:
        if process.stdout.readline() != "ready\n":
            raise LoadError("the chargers could not connect")
        yield
    finally:
        process.communicate()


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
