"""One EVSE with its one connector: the vehicle at it, its meter, its transaction."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, auto

from tests.fakes.battery import Battery

AMBIENT_C = 21.0


class State(StrEnum):
    """OCPP 1.6's states of a connector; 2.0.1 calls all with a vehicle `Occupied`."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED = "SuspendedEV"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"


class StopCause(StrEnum):
    LOCAL = auto()
    EV_DISCONNECTED = auto()
    REMOTE = auto()
    UNLOCKED = auto()
    SOFT_RESET = auto()
    HARD_RESET = auto()
    DEAUTHORIZED = auto()
    POWER_LOSS = auto()


@dataclass(frozen=True)
class Plate:
    """What is written on a station: `phases` is 3 or 1 for AC, 0 for DC."""

    vendor: str = "Simulated"
    model: str = "Test 22"
    serial_number: str = "SN-0001"
    firmware_version: str = "1.0.0"
    outlets: int = 1
    power_w: float = 22_000
    phases: int = 3
    connector_type: str = "cType2"


@dataclass(frozen=True)
class Start:
    """Who starts a charge: a driver at the station, or the back end for somebody."""

    id_token: str
    token_type: str = "ISO14443"
    remote: bool = False
    remote_start_id: int | None = None


@dataclass
class Transaction:
    """`transaction_id` is an int in 1.6, given by the gateway, and our own string in 2.0.1."""

    transaction_id: int | str
    start: Start
    next_seq_no: int = 0


@dataclass(frozen=True)
class Sample:
    """One value of the meter; `unit` and `measurand` are OCPP's words."""

    measurand: str
    value: float
    unit: str


class Outlet:
    """The register counts over the outlet's lifetime, as that of a real meter does."""

    def __init__(self, number: int, plate: Plate, dice: random.Random) -> None:
        self.number = number
        self.plate = plate
        self.dice = dice
        self.state = State.AVAILABLE
        self.operative = True
        # What a charging profile allows for, where there is one.
        self.limit_w: float | None = None
        self.register_wh = float(dice.randint(100_000, 9_000_000))
        self.battery: Battery | None = None
        self.transaction: Transaction | None = None
        self.temperature_c = AMBIENT_C
        self.start_asked: Start | None = None
        self.stop_cause: StopCause | None = None
        self.asked = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    @property
    def free(self) -> bool:
        return self.operative and self.battery is None and self.start_asked is None

    @property
    def charging(self) -> bool:
        return self.state is State.CHARGING

    def reserve(self, start: Start) -> None:
        """Keep a `free` outlet for this start, which begins with `asked.set()`."""
        self.start_asked = start

    def ask_stop(self, cause: StopCause) -> None:
        """Ends the charge that is under way, or about to begin; does nothing without one."""
        if self.battery is not None and self.stop_cause is None:
            self.stop_cause = cause
            self.asked.set()

    def plug_in(self, battery: Battery) -> None:
        self.battery, self.stop_cause, self.start_asked = battery, None, None
        self.asked.clear()
        self.state = State.PREPARING

    def begin(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.idle.clear()

    def end(self) -> None:
        """The transaction is over, and the gateway knows it."""
        self.transaction = None
        self.idle.set()

    def unplug(self) -> None:
        self.end()
        self.battery = self.stop_cause = None
        self.asked.clear()
        self.rest()

    def rest(self) -> None:
        """Take the state of an outlet without a vehicle."""
        self.state = State.AVAILABLE if self.operative else State.UNAVAILABLE

    def advance(self, seconds: float) -> None:
        """Let time pass for the battery and the meter."""
        if self.battery and self.charging:
            self.register_wh += self.battery.charge(self._most_w(), seconds)
        target = AMBIENT_C + 17 * self._power_w() / self.plate.power_w
        self.temperature_c += (target - self.temperature_c) * min(1.0, seconds / 900)

    def samples(self) -> list[Sample]:
        """What the meter reads now, each value with a little noise but the register."""
        power = self._power_w() * self.dice.uniform(0.99, 1.01)
        voltage = self._voltage_v() + self.dice.uniform(-1.5, 1.5)
        found = [
            Sample("Energy.Active.Import.Register", round(self.register_wh), "Wh"),
            Sample("Power.Active.Import", round(power), "W"),
            Sample("Current.Import", round(power / voltage / max(1, self.plate.phases), 1), "A"),
            Sample("Voltage", round(voltage, 1), "V"),
            Sample("Temperature", round(self.temperature_c + self.dice.uniform(-0.2, 0.2), 1), "C"),
        ]
        if self.battery:
            percent = round(self.battery.state_of_charge * 100, 1)
            found.append(Sample("SoC", percent, "Percent"))
        return found

    def _power_w(self) -> float:
        if not self.battery or not self.charging:
            return 0.0
        return self.battery.power_w(self._most_w())

    def _most_w(self) -> float:
        return min(self.plate.power_w, self.plate.power_w if self.limit_w is None else self.limit_w)

    def _voltage_v(self) -> float:
        if self.plate.phases:
            return 230.0
        # The voltage of a DC outlet is that of the battery, which rises as it fills.
        return 640.0 + 130.0 * (self.battery.state_of_charge if self.battery else 0.0)


def now() -> str:
    """The time as a charger writes it: UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
