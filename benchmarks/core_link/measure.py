"""Runs the core link's benchmarks and prints a line for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks import postgresql
from benchmarks.core_link.running import NEVER, running_core
from benchmarks.gateway import ENVIRONMENT, REPOSITORY
from benchmarks.postgresql import Database

CHARGE_POINTS = 100
CORE_MS = 5


def run(parent: Path, events: int, decisions: int) -> None:
    """In a directory of its own under `parent`."""
    directory = parent / "core_link"
    directory.mkdir()
    with ExitStack() as stack:
        databases = {"SQLite": Database(f"sqlite:///{directory}/connect.sqlite3")}
        if postgresql.binaries():
            databases["PostgreSQL"] = stack.enter_context(postgresql.cluster(directory))
        for title, database in databases.items():
            _print_events(title, directory, database, events)
        for core_ms, at_a_time in ((CORE_MS, 10), (NEVER, 10), (NEVER, 1_000), (NEVER, decisions)):
            _print_decisions(directory, databases["SQLite"], core_ms, decisions, at_a_time)


def _print_events(title: str, directory: Path, database: Database, count: int) -> None:
    with running_core(directory, CORE_MS) as core:
        environment = _environment(database, core)
        _gateway_side(environment, "fill", str(CHARGE_POINTS), str(count))
        idle = _cpu(lambda: _manage(environment, "deliver_events", "--help"))
        busy = _cpu(lambda: _manage(environment, "deliver_events", "--once"))
        figures = json.loads(_gateway_side(environment, "delivered"))
    rate = figures["events"] / figures["seconds"]
    cost = (busy - idle) / figures["events"] * 1e6
    print(f"events, {title:<10}  {rate:>8,.0f} a second   {cost:>6,.0f} CPU us each")


def _print_decisions(
    directory: Path, database: Database, core_ms: float, count: int, at_a_time: int
) -> None:
    with running_core(directory, core_ms) as core:
        environment = _environment(database, core)
        answer = json.loads(_gateway_side(environment, "decide", str(count), str(at_a_time)))
    name = "never answers" if core_ms == NEVER else f"answers in {core_ms} ms"
    decided, others = sorted(answer["decisions"]), sorted(answer["others"])
    print(
        f"authorize, core {name:<16} {at_a_time:>6,} at a time"
        f"   p50 {_share(decided, 0.5):>8,.1f} ms   p99 {_share(decided, 0.99):>8,.1f} ms"
        f"   max {decided[-1]:>8,.1f} ms   other traffic p99 {_share(others, 0.99):>6,.1f} ms"
    )


def _share(milliseconds: list[float], share: float) -> float:
    """Of sorted ones."""
    return milliseconds[int(len(milliseconds) * share)]


def _environment(database: Database, core: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **ENVIRONMENT, **core, "DATABASE_URL": database.url}


def _gateway_side(environment: dict[str, str], *arguments: str) -> str:
    return _run(environment, "-m", "benchmarks.core_link.gateway_side", *arguments)


def _manage(environment: dict[str, str], *arguments: str) -> str:
    return _run(environment, "manage.py", *arguments)


def _run(environment: dict[str, str], *arguments: str) -> str:
    command: Sequence[str] = [sys.executable, *arguments]
    return subprocess.check_output(command, text=True, cwd=REPOSITORY, env=environment)


def _cpu(run: Callable[[], object]) -> float:
    """User and system time of the process that this runs, in seconds."""
    before = getrusage(RUSAGE_CHILDREN)
    run()
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
