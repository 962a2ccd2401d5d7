"""Simulated chargers at the small central system: how their tests make and run them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

from tests.fakes.charging import Pace
from tests.fakes.csms import CentralSystem
from tests.fakes.outlet import Plate
from tests.fakes.simulator import SimulatedCharger
from tests.fakes.simulator_v16 import Charger16

# A vehicle stays at the outlet until it is told to go: nothing happens that a test did not ask.
PATIENT = Pace(speed=1, handling_s=(0.01, 0.02), pauses_one_in=0)
# A full charge in about a second.
HASTY = Pace(
    speed=20_000,
    first_vehicle_s=(0.2, 0.2),
    gap_s=(60, 60),
    handling_s=(0.01, 0.02),
    pauses_one_in=1,
)
TOKEN = {"idToken": "04A1B2C3", "type": "ISO14443"}


@asynccontextmanager
async def running(charger: SimulatedCharger) -> AsyncIterator[None]:
    life = asyncio.create_task(charger.run())
    try:
        async with asyncio.timeout(10):
            await charger.online.wait()
        yield
    finally:
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life


def make(kind: type[SimulatedCharger], system: CentralSystem, **changes: Any) -> Any:
    options = {"pace": PATIENT, "plate": Plate(outlets=2), "sample_interval_s": 0}
    any_kind: Any = kind
    return any_kind("CP-1", system.url, "secret", **(options | changes))


async def until(condition: Callable[[], bool], within: float = 10) -> None:
    for _ in range(round(within / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


async def start_remotely(charger: SimulatedCharger, system: CentralSystem) -> Any:
    """Start a charge by the back end; return the id of its transaction."""
    if isinstance(charger, Charger16):
        await system.station.call(call16.RemoteStartTransaction("04A1B2C3", 1))
        await system.wait_for("StatusNotification", connector_id=1, status="Charging")
    else:
        await system.station.call(call201.RequestStartTransaction(TOKEN, 7, 1))
        await system.wait_for("TransactionEvent", trigger_reason="ChargingStateChanged")
    await until(lambda: all(each.acknowledged for each in charger.journal))
    transaction = charger.outlets[0].transaction
    return transaction and transaction.transaction_id
