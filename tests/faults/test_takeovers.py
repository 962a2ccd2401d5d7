"""Several sockets of one charger: one is the charger's, and the others change nothing."""

import asyncio
import random

import pytest

from chargepoints.models import ChargePoint, Connection
from tests.fakes.charger import RawCharger
from tests.faults.checker import faults
from tests.faults.scale import scaled
from tests.faults.witness import Witness
from tests.operated import eventually
from tests.running_gateway import RunningGateway

RACES = scaled(40, 1000, 5000)
# Of one charger; more in a minute would be a storm.
RACES_EACH = 4
AT_ONCE = 20


class Contested(Witness):
    """A charger whose socket others take over while it talks."""

    def __init__(self, gateway: RunningGateway, identity: str) -> None:
        super().__init__(gateway, identity)
        self._racing = asyncio.Lock()

    async def race(self) -> None:
        """Two sockets at once, the old one still open; then the old ones go, late."""
        before = self.charger
        async with self._racing:
            contenders = await asyncio.gather(self._socket(), self._socket())
            self.charger = await self._the_current_one(list(contenders))
        for late in (before, *contenders):
            if late is not None and late is not self.charger:
                await asyncio.sleep(random.uniform(0, 0.02))
                late.abort()

    async def _connect(self) -> RawCharger:
        """Nobody but the contenders while they race: a third socket would close both."""
        async with self._racing:
            return self.charger or await super()._connect()

    async def _socket(self) -> RawCharger:
        charger = await self.gateway.connect(self.identity, self.protocol)
        self.journals.append(charger.journal)
        return charger

    async def _the_current_one(self, contenders: list[RawCharger]) -> RawCharger:
        """The others are closed by the gateway."""

        def still_open() -> list[RawCharger]:
            return [each for each in contenders if each.socket.close_code is None]

        await eventually(lambda: len(still_open()) == 1)
        return still_open()[0]


async def contest(gateway: RunningGateway, identity: str) -> Contested:
    charger = Contested(gateway, identity)
    await charger.charge(1)
    stopped = asyncio.Event()
    talking = asyncio.create_task(charger.charge_until(stopped, 2))
    for _ in range(RACES_EACH // 2):
        await charger.race()
    stopped.set()
    await talking
    return charger


@pytest.mark.timeout(60 + RACES // 5)
async def test_the_newest_socket_stays_and_nothing_told_over_any_is_lost(
    gateway: RunningGateway, identity: str
) -> None:
    chargers: list[Contested] = []
    for number in range(RACES // RACES_EACH):
        gateway.register(f"{identity}-{number}")
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with limit:
            chargers.append(await contest(gateway, f"{identity}-{number}"))

    await asyncio.gather(*(one(number) for number in range(RACES // RACES_EACH)))
    assert faults(chargers) == []


@pytest.mark.timeout(60 + RACES // 5)
async def test_a_late_close_leaves_the_successor_online(
    gateway: RunningGateway, identity: str
) -> None:
    rounds = scaled(5, 50, 500)
    for number in range(rounds):
        name = f"{identity}-{number}"
        gateway.register(name)
        old = await gateway.connect(name)
        new = await gateway.connect(name)
        await asyncio.gather(old.wait_closed(), new.call("Heartbeat", {}))
        row = ChargePoint.objects.select_related("connection").get(identity=name)
        closed = Connection.objects.filter(charge_point=row).exclude(closed_at=None)
        await eventually(closed.exists)
        assert row.connection is not None and row.connection.closed_at is None
        assert closed.count() == 1 and closed.get().pk != row.connection_id
        await new.close()
