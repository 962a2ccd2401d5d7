"""The chargers of the demonstration: six stations of a depot, in one process.

`python -m tests.fakes.fleet` takes from the environment `FLEET_URL`, like
`ws://127.0.0.1:8000/ocpp`, `FLEET_KEYS`, a JSON object of identities and keys, and
`FLEET_METERS`, the file in which the meters keep their readings from run to run.
"""

import asyncio
import json
import logging
import os
import signal
from dataclasses import dataclass

from tests.fakes.battery import Battery
from tests.fakes.charging import Pace
from tests.fakes.meter_memory import MeterMemory
from tests.fakes.outlet import Plate
from tests.fakes.simulator import SimulatedCharger
from tests.fakes.simulator_v16 import Charger16
from tests.fakes.simulator_v21 import Charger21
from tests.fakes.simulator_v201 import Charger201

# A charge of two hours is over in about so many seconds.
CHARGE_S = 105
SAMPLE_INTERVAL_S = 5
ARRIVAL, DEPARTURE = (0.18, 0.28), (0.90, 0.95)

# The fake core refuses one of them.
ID_TOKENS = (
    "04E37A1B",
    "04C2D910",
    "045F88A7",
    "04B1093C",
    "04D6EE52",
    "0471AC0F",
    "049A24D8",
    "04FF5B63",
    "0428C7E1",
    "BLOCKED1",
)


@dataclass(frozen=True)
class Member:
    """One station; `first_vehicle_s` staggers the start of the demonstration."""

    identity: str
    name: str
    version: str
    plate: Plate
    vehicle_wh: float
    first_vehicle_s: tuple[float, float]

    @property
    def pace(self) -> Pace:
        battery = Battery(self.vehicle_wh, sum(ARRIVAL) / 2)
        seconds = battery.seconds_to(sum(DEPARTURE) / 2, self.plate.power_w)
        return Pace(
            speed=seconds / CHARGE_S,
            first_vehicle_s=self.first_vehicle_s,
            gap_s=(12, 35),
            vehicle_wh=self.vehicle_wh,
            arrival=ARRIVAL,
            departure=DEPARTURE,
        )

    def charger(self, url: str, key: str) -> SimulatedCharger:
        kind = {"1.6": Charger16, "2.0.1": Charger201, "2.1": Charger21}[self.version]
        return kind(
            self.identity,
            url,
            key,
            plate=self.plate,
            pace=self.pace,
            id_tokens=ID_TOKENS,
            sample_interval_s=SAMPLE_INTERVAL_S,
        )


def _plate(model: str, number: int, outlets: int, power_w: float, phases: int = 0) -> Plate:
    return Plate(
        vendor="Voltara" if phases == 0 else "Amperion",
        model=model,
        serial_number=f"24-{number:05}",
        firmware_version="3.2.1" if phases == 0 else "1.14.0",
        outlets=outlets,
        power_w=power_w,
        phases=phases,
        connector_type="cCCS2" if phases == 0 else "cType2",
    )


FLEET = (
    Member(
        "DEPOT-A-01",
        "Bus lane 1",
        "1.6",
        _plate("Rapid 150", 117, outlets=2, power_w=150_000),
        350_000,
        (0, 2),
    ),
    Member(
        "DEPOT-A-02",
        "Van bay 1",
        "1.6",
        _plate("Rapid 50", 204, outlets=1, power_w=50_000),
        75_000,
        (8, 14),
    ),
    Member(
        "DEPOT-A-03",
        "Staff car park",
        "1.6",
        _plate("Wall 22", 3311, outlets=2, power_w=22_000, phases=3),
        60_000,
        (3, 25),
    ),
    Member(
        "DEPOT-B-01",
        "Truck lane 1",
        "2.0.1",
        _plate("Titan 300", 42, outlets=2, power_w=300_000),
        500_000,
        (1, 4),
    ),
    Member(
        "DEPOT-B-02",
        "Bus lane 2",
        "2.0.1",
        _plate("Rapid 150", 118, outlets=1, power_w=150_000),
        350_000,
        (18, 24),
    ),
    Member(
        "DEPOT-B-03",
        "Visitors",
        "2.1",
        _plate("Wall 22", 3312, outlets=2, power_w=22_000, phases=3),
        60_000,
        (6, 35),
    ),
)


async def drive(url: str, keys: dict[str, str], meters: MeterMemory) -> None:
    """Run the stations whose key is given until SIGTERM or SIGINT."""
    chargers = [each.charger(url, keys[each.identity]) for each in FLEET if each.identity in keys]
    meters.recall(chargers)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        lives = [tasks.create_task(charger.run()) for charger in chargers]
        lives.append(tasks.create_task(meters.keep(chargers)))
        await stop.wait()
        await asyncio.gather(*(charger.power_off() for charger in chargers))
        for life in lives:
            life.cancel()
    meters.save(chargers)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    keys, meters = json.loads(os.environ["FLEET_KEYS"]), MeterMemory(os.environ["FLEET_METERS"])
    asyncio.run(drive(os.environ["FLEET_URL"], keys, meters))


if __name__ == "__main__":
    main()
