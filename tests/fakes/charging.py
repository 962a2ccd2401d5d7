"""The drivers at one outlet: they arrive, charge and leave, one after the other."""

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import Protocol

from tests.fakes.battery import Battery
from tests.fakes.outlet import Outlet, Start, State, StopCause

logger = logging.getLogger(__name__)

# The pace of a charge whose samples are switched off.
TICK_S = 1.0


class UndeliverableError(Exception):
    """The gateway has refused a message about a transaction for good."""


@dataclass(frozen=True)
class Pace:
    """How fast things happen: `speed` seconds of charging pass in one second.

    Pairs are (from, to), and the dice choose. The first vehicle comes `first_vehicle_s` after the
    first boot, or never of its own accord; the next one `gap_s` after the last has left. A charge
    starts with a state of charge within `arrival` and ends within `departure`; one in
    `pauses_one_in` is suspended in between.
    """

    speed: float = 1.0
    first_vehicle_s: tuple[float, float] | None = None
    gap_s: tuple[float, float] = (15.0, 40.0)
    handling_s: tuple[float, float] = (1.0, 4.0)
    vehicle_wh: float = 60_000
    arrival: tuple[float, float] = (0.15, 0.30)
    departure: tuple[float, float] = (0.88, 0.96)
    pauses_one_in: int = 3


class Station(Protocol):
    """What a driver needs of a station, in either version of OCPP."""

    online: asyncio.Event

    @property
    def serves_drivers(self) -> bool: ...
    @property
    def sample_interval_s(self) -> float: ...
    async def report_state(self, outlet: Outlet) -> None: ...
    async def authorize(self, start: Start) -> bool: ...
    async def begin(self, outlet: Outlet, start: Start) -> bool: ...
    async def report_samples(self, outlet: Outlet) -> None: ...
    async def end(self, outlet: Outlet, cause: StopCause) -> None: ...


class Drivers:
    """Runs for ever, from vehicle to vehicle."""

    def __init__(
        self,
        station: Station,
        outlet: Outlet,
        pace: Pace,
        id_tokens: tuple[str, ...],
        dice: random.Random,
    ) -> None:
        self.station = station
        self.outlet = outlet
        self.pace = pace
        self.id_tokens = id_tokens
        self.dice = dice

    async def run(self) -> None:
        await self.station.online.wait()
        arrival_s = self.pace.first_vehicle_s
        while True:
            start = await self._next_start(arrival_s and self._some(arrival_s))
            if start is not None:
                await self._visit(start)
            arrival_s = arrival_s and self.pace.gap_s

    async def _next_start(self, arrives_s: float | None) -> Start | None:
        """A start that the back end asks for, or that of the driver who arrives then."""
        await self._wait(arrives_s)
        self.outlet.asked.clear()
        if self.outlet.start_asked:
            return self.outlet.start_asked
        if arrives_s is None or not self.station.serves_drivers or not self.outlet.free:
            return None
        return Start(self.dice.choice(self.id_tokens))

    async def _visit(self, start: Start) -> None:
        self.outlet.plug_in(Battery(self.pace.vehicle_wh, self._some(self.pace.arrival)))
        await self.station.report_state(self.outlet)
        try:
            if await self.station.authorize(start) and self.outlet.stop_cause is None:
                await self._charge(start)
        except UndeliverableError as error:
            logger.warning("outlet %s gives a charge up: %s", self.outlet.number, error)
        await asyncio.sleep(self._some(self.pace.handling_s))
        self.outlet.unplug()
        await self.station.report_state(self.outlet)

    async def _charge(self, start: Start) -> None:
        if not await self.station.begin(self.outlet, start):
            self.outlet.ask_stop(StopCause.DEAUTHORIZED)
        cause = self.outlet.stop_cause or await self._draw_power()
        await self.station.end(self.outlet, cause)
        self.outlet.state = State.FINISHING
        await self.station.report_state(self.outlet)

    async def _draw_power(self) -> StopCause:
        await self._enter(State.CHARGING)
        departure = self._some(self.pace.departure)
        pause_at = self._pause_at(departure)
        clock = asyncio.get_running_loop().time
        last = clock()
        while self.outlet.stop_cause is None:
            await self._wait(self.station.sample_interval_s or TICK_S)
            self.outlet.advance((clock() - last) * self.pace.speed)
            last = clock()
            if self._state_of_charge() >= departure:
                self.outlet.ask_stop(self.dice.choice([StopCause.LOCAL, StopCause.EV_DISCONNECTED]))
            elif self.station.sample_interval_s and self.outlet.stop_cause is None:
                await self.station.report_samples(self.outlet)
            if self._state_of_charge() >= pause_at and self.outlet.stop_cause is None:
                pause_at = 2.0
                await self._pause()
                last = clock()
        return self.outlet.stop_cause

    async def _pause(self) -> None:
        """The vehicle takes no power for a while, as one that heats its battery does."""
        await self._enter(State.SUSPENDED)
        await self._wait(self._some(self.pace.handling_s) * 3)
        if self.outlet.stop_cause is None:
            await self._enter(State.CHARGING)

    async def _enter(self, state: State) -> None:
        self.outlet.state = state
        await self.station.report_state(self.outlet)

    def _pause_at(self, departure: float) -> float:
        if self.pace.pauses_one_in and self.dice.randrange(self.pace.pauses_one_in) == 0:
            return self.dice.uniform(self._state_of_charge() + 0.1, departure - 0.1)
        return 2.0

    def _state_of_charge(self) -> float:
        return self.outlet.battery.state_of_charge if self.outlet.battery else 0.0

    async def _wait(self, seconds: float | None) -> None:
        """Until somebody asks something of the outlet, at most this long."""
        try:
            async with asyncio.timeout(seconds):
                await self.outlet.asked.wait()
        except TimeoutError:
            return

    def _some(self, span: tuple[float, float]) -> float:
        return self.dice.uniform(*span)
