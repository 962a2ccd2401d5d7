"""kill -9 under traffic, at random and at named points: what was acknowledged is there, once."""

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chargepoints.models import ChargePoint, Event
from tests.conftest import EVENTS_SECRET
from tests.fakes.core import FakeCore
from tests.faults.checker import faults
from tests.faults.kill_points import POINTS
from tests.faults.scale import scaled
from tests.faults.witness import Witness, witnesses
from tests.operated import eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

CHARGERS = 8
KILLS = scaled(1, 8, 75)  # at each of four points
AT_RANDOM = "at random"

StartGateway = Callable[..., RunningGateway]


@contextmanager
def delivering(gateway: RunningGateway, core: FakeCore) -> Iterator[None]:
    environment = gateway.environment | {
        "EVENTS_URL": f"{core.url}/events",
        "EVENTS_SECRETS": EVENTS_SECRET,
    }
    worker = ManagePy(["deliver_events"], environment, gateway.log.with_name("worker.log"))
    try:
        yield
    finally:
        worker.kill()
        worker.wait()


async def kill(gateway: RunningGateway, point: str) -> None:
    """Start the server, have it die under the traffic that meets it, and see that it did."""
    gateway.environment["KILL_AT"] = ""
    if point != AT_RANDOM:
        gateway.environment["KILL_AT"] = f"{point}:{random.randint(20, 150)}"
    await asyncio.to_thread(gateway.start)
    if point == AT_RANDOM:
        await asyncio.sleep(random.uniform(0.2, 1))
        os.kill(gateway.pid, 9)
    assert await asyncio.to_thread(gateway.wait_for_its_end) == -9


@pytest.mark.slow
@pytest.mark.timeout(60 + 30 * KILLS)
@pytest.mark.parametrize("point", [AT_RANDOM, *POINTS])
async def test_a_kill_loses_and_doubles_nothing(start_gateway: StartGateway, point: str) -> None:
    gateway = start_gateway(
        DJANGO_SETTINGS_MODULE="tests.faults.killable_settings",
        CHARGER_MESSAGES_PER_SECOND="0",
        # One process, which nobody starts anew.
        PAGES_APART="false",
    )
    chargers: list[Witness] = witnesses(gateway, CHARGERS, "KILLED")
    gateway.stop()
    stopped = asyncio.Event()
    charging = [asyncio.create_task(each.charge_until(stopped)) for each in chargers]
    for _ in range(KILLS):
        await kill(gateway, point)
    gateway.environment["KILL_AT"] = ""
    await asyncio.to_thread(gateway.start)
    stopped.set()
    await asyncio.gather(*charging)
    with FakeCore(secrets=[EVENTS_SECRET]) as core, delivering(gateway, core):
        # The closing of the sockets may still be told while the rest is looked at.
        await eventually(
            lambda: (
                len(core.journal.events) >= Event.objects.count()
                and not faults(chargers, core.journal)
            ),
            within=60 + KILLS,
        )


BACK_WITHIN_S = 15.0


@pytest.mark.slow
async def test_a_restart_in_order_loses_nothing_and_all_are_back_in_time(
    start_gateway: StartGateway,
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0", DRAIN_S="1")
    chargers = witnesses(gateway, CHARGERS, "RESTARTED")
    stopped = asyncio.Event()
    charging = [asyncio.create_task(each.charge_until(stopped)) for each in chargers]
    await eventually(lambda: ChargePoint.objects.exclude(connection=None).count() == CHARGERS)
    began = time.monotonic()
    assert await asyncio.to_thread(gateway.stop) == 0
    await asyncio.to_thread(gateway.start)
    await eventually(lambda: ChargePoint.objects.exclude(connection=None).count() == CHARGERS)
    assert time.monotonic() - began < BACK_WITHIN_S
    stopped.set()
    await asyncio.gather(*charging)
    assert faults(chargers) == []
