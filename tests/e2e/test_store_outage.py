"""PostgreSQL away: sockets closed, handshakes refused, nothing answered is lost, all back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from chargepoints.models import Message
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.operated import BOOT_16
from tests.running_gateway import RunningGateway, free_port

pytestmark = [pytest.mark.services, pytest.mark.timeout(120)]


class Relay:
    """Stands between the gateway and PostgreSQL; it can be cut, and it can be held up."""

    def __init__(self, host: str, port: int) -> None:
        self.port = free_port()
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._ended = asyncio.Event()
        self._ended.set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def cut(self) -> None:
        """As when PostgreSQL is stopped: connections end, new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    def hold(self) -> None:
        """As when it hangs: connections stay, and nothing comes through."""
        self._flowing.clear()

    def release(self) -> None:
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._writers |= {writer, back}
        self._ended.clear()
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        self._writers -= {writer, back}
        if not self._writers:
            self._ended.set()

    async def end(self) -> None:
        self.release()
        self.cut()
        await self._ended.wait()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
            writer.close()


@pytest.fixture
async def relayed(
    start_gateway: Callable[..., RunningGateway],
) -> AsyncIterator[tuple[RunningGateway, Relay]]:
    """A gateway whose way to PostgreSQL is the relay; the ORM of the test goes straight."""
    first = start_gateway()
    database = urlsplit(first.database_url)
    relay = Relay(database.hostname or "127.0.0.1", database.port or 5432)
    await relay.start()
    user = database.netloc.rpartition("@")[0]
    through = database._replace(netloc=f"{user}@127.0.0.1:{relay.port}").geturl()
    await asyncio.to_thread(first.stop)
    first.environment["DATABASE_URL"] = through
    await asyncio.to_thread(first.start)
    yield first, relay
    await relay.end()


async def beat_until_closed(charger: RawCharger) -> list[str]:
    """Heartbeats until the socket goes; the ids of those that were answered."""
    answered: list[str] = []
    with suppress(ConnectionClosed):
        while True:
            frame = await charger.call("Heartbeat", {}, f"h{time.monotonic_ns()}", within=40)
            assert frame[0] == 3, f"a CALLERROR for our own fault: {frame}"
            answered.append(frame[1])
            await asyncio.sleep(0.01)
    return answered


async def back(gateway: RunningGateway, identity: str, within: float) -> RawCharger:
    """Reconnect as chargers do; meanwhile the gateway says 503."""
    deadline = time.monotonic() + within
    while True:
        try:
            return await gateway.connect(identity)
        except HandshakeRefusedError as refused:
            status = refused.status
        assert status == 503
        assert time.monotonic() < deadline, "not back in time"
        await asyncio.sleep(0.2)


@pytest.mark.expected_errors("the database does not answer")
async def test_a_postgresql_that_is_down_closes_the_sockets_and_all_are_back_after_it(
    relayed: tuple[RunningGateway, Relay],
) -> None:
    gateway, relay = relayed
    for identity in ("BUSY", "IDLE"):
        gateway.register(identity)
    busy, idle = await gateway.connect("BUSY"), await gateway.connect("IDLE")
    await busy.call("BootNotification", BOOT_16)
    beating = asyncio.create_task(beat_until_closed(busy))
    await asyncio.sleep(1)
    relay.cut()
    cut_at = time.monotonic()
    assert await idle.wait_closed(within=10) == 1013
    answered = await beating
    assert time.monotonic() - cut_at < 6
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect("IDLE")
    assert refused.value.status == 503
    await asyncio.sleep(10)
    await relay.start()
    async with await back(gateway, "BUSY", within=10) as again:
        assert (await again.call("Heartbeat", {}))[0] == 3
    assert answered
    stored = Message.objects.filter(charge_point__identity="BUSY").values_list(
        "message_id", flat=True
    )
    assert set(answered) <= set(stored)


async def test_a_postgresql_that_hangs_is_noticed_and_nothing_answered_is_lost(
    relayed: tuple[RunningGateway, Relay],
) -> None:
    gateway, relay = relayed
    gateway.register("HUNG")
    charger = await gateway.connect("HUNG")
    beating = asyncio.create_task(beat_until_closed(charger))
    await asyncio.sleep(1)
    relay.hold()
    answered = await asyncio.wait_for(beating, 25)
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect("HUNG")
    assert refused.value.status == 503
    relay.release()
    async with await back(gateway, "HUNG", within=30) as again:
        assert (await again.call("Heartbeat", {}))[0] == 3
    stored = Message.objects.filter(charge_point__identity="HUNG").values_list(
        "message_id", flat=True
    )
    assert answered and set(answered) <= set(stored)
