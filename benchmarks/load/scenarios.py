"""The measurements; each returns plain figures that go out as JSON."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from time import perf_counter

from benchmarks.load.charger import Charger, ClosedLoopCharger, ObedientCharger, SteadyCharger
from benchmarks.load.fleet import Fleet, leave
from benchmarks.load.window import Window, percentile
from benchmarks.processes import resident_kib

WARM_UP_CHARGERS = 200
WARM_UP_SECONDS = 1.5
SETTLE_SECONDS = 1.5
# A charger without an answer for this long, when the time is over, is counted as stalled.
STALLED_SECONDS = 2.0


@dataclass(frozen=True)
class Target:
    """A server under test. `database_pid` is its database's own process, if there is one."""

    port: int
    password: str
    server_pid: int
    database_pid: int | None = None


async def closed_loop(
    target: Target, mix: str, first: int, chargers: int, seconds: float
) -> dict[str, float]:
    """Messages per second when every charger sends as soon as it is answered."""
    fleet = Fleet(target.port, target.password, mix)
    members, _ = await fleet.join(ClosedLoopCharger, range(first, first + chargers))
    await fleet.open(members)
    for member in members:
        member.send_next()
    await asyncio.sleep(WARM_UP_SECONDS)
    fleet.tally.clear()
    window = Window(target.server_pid, target.database_pid)
    await asyncio.sleep(seconds)
    usage = window.usage()
    latencies = fleet.tally.latencies.copy()
    now = perf_counter()
    stalled = sum(1 for m in members if m.pending and now - m.since > STALLED_SECONDS)
    disconnects = fleet.tally.disconnects
    leave(members)
    messages = len(latencies) or 1
    return {
        "answered": fleet.tally.answered,
        "messages": len(latencies),
        "messages_per_second": len(latencies) / usage.elapsed,
        "server_us": usage.server / messages * 1e6,
        "database_us": usage.database / messages * 1e6,
        "load_us": usage.load / messages * 1e6,
        "load_share": usage.load / usage.elapsed,
        "others_share": usage.others,
        "p50_ms": percentile(latencies, 50) * 1e3,
        "p99_ms": percentile(latencies, 99) * 1e3,
        "call_errors": fleet.tally.call_errors,
        "disconnects": disconnects,
        "stalled": stalled,
    }


async def connects(target: Target, chargers: int, mix: str) -> dict[str, float]:
    """Connects per second, boot included, and what an idle charger costs in memory."""
    fleet = Fleet(target.port, target.password, mix)
    # What a server allocates once (caches, lazy imports) is not a charger's, and the memory it
    # has left from its start is used up by these first ones, which stay.
    warm, _ = await fleet.join(Charger, range(WARM_UP_CHARGERS))
    await asyncio.sleep(SETTLE_SECONDS)
    before = resident_kib(target.server_pid)
    window = Window(target.server_pid, target.database_pid)
    members, seconds = await fleet.join(
        Charger, range(WARM_UP_CHARGERS, WARM_UP_CHARGERS + chargers)
    )
    usage = window.usage()
    await asyncio.sleep(SETTLE_SECONDS)
    after = resident_kib(target.server_pid)
    leave(warm + members)
    return {
        "answered": fleet.tally.answered,
        "connects_per_second": chargers / seconds,
        "server_us_per_connect": usage.server / chargers * 1e6,
        "database_us_per_connect": usage.database / chargers * 1e6,
        "kib_per_idle_charger": (after - before) / chargers,
        "resident_mib": after / 1024,
        "others_share": usage.others,
    }


async def steady(
    target: Target, chargers: int, seconds: float, per_second: float, first: int = 0
) -> dict[str, float]:
    """Latencies of chargers at a modest rate, `per_second` messages each."""
    fleet = Fleet(target.port, target.password)
    members, _ = await fleet.join(SteadyCharger, range(first, first + chargers))
    period = 1 / per_second
    for place, member in enumerate(members):
        member.start(period * place / chargers, period)
    await asyncio.sleep(WARM_UP_SECONDS)
    fleet.tally.clear()
    window = Window(target.server_pid, target.database_pid)
    await asyncio.sleep(seconds)
    usage = window.usage()
    latencies = fleet.tally.latencies.copy()
    disconnects = fleet.tally.disconnects
    leave(members)
    return {
        "messages_per_second": len(latencies) / usage.elapsed,
        "server_share": usage.server / usage.elapsed,
        "others_share": usage.others,
        "p50_ms": percentile(latencies, 50) * 1e3,
        "p99_ms": percentile(latencies, 99) * 1e3,
        "max_ms": max(latencies, default=0.0) * 1e3,
        "call_errors": fleet.tally.call_errors,
        "disconnects": disconnects,
        "resident_mib": resident_kib(target.server_pid) / 1024,
    }


async def hold(target: Target, first: int, chargers: int) -> dict[str, float]:
    """Chargers that do as they are told, until our standard input ends."""
    fleet = Fleet(target.port, target.password)
    members, _ = await fleet.join(ObedientCharger, range(first, first + chargers))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    disconnects = fleet.tally.disconnects
    leave(members)
    return {"disconnects": disconnects}
