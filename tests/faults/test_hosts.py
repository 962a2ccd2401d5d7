"""Two hosts of two workers each, on one PostgreSQL and Redis, whose clocks are a minute apart."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker
from websockets.exceptions import WebSocketException

from chargepoints.models import ChargePoint, Command, Connection, Event, ServerProcess
from tests import databases
from tests.conftest import EVENTS_SECRET
from tests.fakes.charger import HandshakeRefusedError
from tests.fakes.core import FakeCore
from tests.fakes.core_faults import Fault
from tests.faults.hosts import Host, Network, missing
from tests.faults.scale import SCALE
from tests.operated import BOOT_16, OperatedCharger, eventually
from tests.private_postgresql import PostgreSQL
from tests.private_redis import Redis
from tests.warm_start import run_manage_py

MISSING = missing() if SCALE != "small" else "in `make check` and `make faults`"
TAKES_LONG = pytest.mark.skipif(SCALE != "long", reason="takes over a minute: `make faults`")
AHEAD_S = (30, -30)
OFFLINE_WITHIN_S = 90.0
# Longer than a server may be silent before others take it for dead.
TOGETHER_S = 45.0

pytestmark = [
    pytest.mark.services,
    pytest.mark.timeout(400),
    pytest.mark.skipif(bool(MISSING), reason=MISSING or "-"),
]

Pair = tuple[Host, Host]


@pytest.fixture
def pair(
    tmp_path: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Pair]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        network = Network()
        stack.callback(network.remove)
        # Nobody else may enter the directories that pytest makes.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgresql = PostgreSQL(directory, network.address, network.range)
        redis = Redis(tmp_path, network.address)
        for service, end in ((postgresql, postgresql.kill), (redis, redis.stop)):
            service.start()
            stack.callback(end)
        environment = {"DATABASE_URL": postgresql.url, "REDIS_URL": redis.url}
        hosts = []
        for ahead_s in AHEAD_S:
            cable = network.plug_in()
            stack.callback(cable.remove)
            hosts.append(Host(cable, tmp_path, environment, ahead_s))
        migrated = run_manage_py(
            ["migrate", "--verbosity=0"], hosts[0].environment | {"LD_PRELOAD": ""}
        )
        assert migrated.returncode == 0, migrated.stderr
        for host in hosts:
            stack.callback(host.kill)
            host.start()
        where = {"HOST": network.address, "PORT": str(postgresql.port)}
        stack.enter_context(databases.looked_at("postgres", **where))
        yield hosts[0], hosts[1]


async def moved(operated: OperatedCharger, to: Host) -> None:
    """It opens a socket at another host, and the one that it had is closed there."""
    before, operated.gateway = operated.charger, to
    operated.charger = await to.connect(operated.row.identity)
    assert await before.wait_closed() == 1000
    await operated.call("BootNotification", BOOT_16)


async def test_a_charger_that_moves_is_superseded_at_once_wherever_it_was(pair: Pair) -> None:
    one, two = pair
    async with await OperatedCharger.connect(one, "MOVES") as operated:
        for host in (two, one, two):
            await moved(operated, host)
            current = operated.known().connection_id
            rows = Connection.objects.filter(charge_point=operated.row)
            assert rows.latest("pk").pk == current
            assert [row.pk for row in rows.filter(closed_at=None)] == [current]
        # Asked of the host that has it no more.
        operated.gateway = one
        _, body = await operated.command(
            "trigger", {"message": "Heartbeat"}, "TriggerMessage", {"status": "Accepted"}
        )
        assert body["state"] == "accepted"
        assert not Event.objects.filter(type="charge_point.offline").exists()
    assert [line for host in pair for line in host.errors()] == []


@TAKES_LONG
async def test_clocks_that_are_a_minute_apart_do_no_harm(pair: Pair) -> None:
    chargers = [
        await OperatedCharger.connect(host, f"CLOCK-{place}") for place, host in enumerate(pair)
    ]
    for place, host in enumerate(pair):
        assert "this host's clock is 30.0 s" in host.log.read_text()
        # Each is commanded through the other host, and takes longer to answer than any is given
        # by a clock that is ahead.
        chargers[place].gateway = pair[1 - place]
        posted = await chargers[place].post("trigger", {"message": "Heartbeat"})
        assert posted.status_code == 202, posted.text
    asked = [await each.charger.expect_call("TriggerMessage") for each in chargers]
    await asyncio.sleep(25)
    for each, (message_id, _) in zip(chargers, asked, strict=True):
        await each.charger.answer(message_id, {"status": "Accepted"})
    await asyncio.sleep(TOGETHER_S - 25)
    for each in chargers:
        told = datetime.fromisoformat((await each.call("Heartbeat", {}))["currentTime"])
        assert abs((told - datetime.now(UTC)).total_seconds()) < 3
    accepted = Command.objects.filter(state=Command.State.ACCEPTED)
    await eventually(lambda: accepted.count() == 2)
    # Of each host two workers, and the process for pages.
    assert ServerProcess.objects.count() == 6
    assert not Connection.objects.exclude(closed_at=None).exists()
    types = set(Event.objects.values_list("type", flat=True))
    assert "charge_point.offline" not in types
    for event in Event.objects.all():
        assert abs((event.received_at - datetime.now(UTC)).total_seconds()) < TOGETHER_S + 20
    for each in chargers:
        await each.charger.close()
    assert [line for host in pair for line in host.errors()] == []


@TAKES_LONG
async def test_event_workers_whose_clocks_are_a_minute_apart_tell_each_event_once(
    pair: Pair,
) -> None:
    address = pair[0].cable.network.address
    with FakeCore(host=address, secrets=[EVENTS_SECRET]) as core:
        # By a clock that is a minute ahead, the claim of a delivery ends before it has begun.
        core.faults.add(Fault(path="/events", slow_ms=4000))
        told = {"EVENTS_URL": f"{core.url}/events", "EVENTS_SECRETS": EVENTS_SECRET}
        workers = [host.run("deliver_events", **told) for host in pair]
        try:
            for number in range(8):
                operated = await OperatedCharger.connect(pair[number % 2], f"TOLD-{number}")
                await operated.status(1, "Available")
                await operated.status(1, "Preparing")
                await operated.charger.close()
            ids = {event.event_id for event in Event.objects.all()}
            await eventually(lambda: len(core.journal.events) >= len(ids), within=90)
            # Whatever was sent twice is on its way.
            await asyncio.sleep(6)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    received = [event["id"] for event in core.journal.events]
    assert sorted(received) == sorted(ids)
    assert core.journal.sequence_faults() == []


@TAKES_LONG
async def test_a_host_that_is_cut_off_loses_its_chargers_and_settles_its_commands(
    pair: Pair,
) -> None:
    one, two = pair
    lost = [await OperatedCharger.connect(one, f"LOST-{number}") for number in range(4)]
    moving = await OperatedCharger.connect(one, "MOVING")
    stays = await OperatedCharger.connect(two, "STAYS")
    for each in (*lost, moving):
        each.gateway = two
        assert (await each.post("trigger", {"message": "Heartbeat"})).status_code == 202
        # On its way, and never answered.
        await each.charger.expect_call("TriggerMessage")
    one.cable.pull()
    began = time.monotonic()
    for each in (*lost, moving):
        # They give the socket up, which nobody hears.
        each.charger.abort()
        await each.charger.wait_closed()
    moving.charger = await two.connect("MOVING")
    await moving.call("BootNotification", BOOT_16)
    gone = Event.objects.filter(type="charge_point.offline", charge_point__identity__startswith="L")
    await eventually(lambda: gone.count() == len(lost), within=OFFLINE_WITHIN_S)
    print(f"{len(lost)} chargers of a host that was cut off: {time.monotonic() - began:.0f} s")
    online = ChargePoint.objects.exclude(connection=None)
    assert set(online.values_list("identity", flat=True)) == {"MOVING", "STAYS"}
    left_s = OFFLINE_WITHIN_S - (time.monotonic() - began)
    await eventually(lambda: not Command.objects.filter(finished_at=None).exists(), within=left_s)
    assert set(Command.objects.values_list("state", "error_code")) == {("timeout", "server_lost")}
    for each in (moving, stays):
        assert await each.call("Heartbeat", {})
        assert not each.events("charge_point.offline")
    assert two.errors() == []
    await back_again(one, lost)
    for each in (moving, stays):
        await each.charger.close()


async def back_again(host: Host, chargers: list[OperatedCharger]) -> None:
    """The cable is plugged in: the host takes chargers as before, and nobody restarted it."""
    host.cable.plug()
    deadline = time.monotonic() + 60
    for each in chargers:
        while True:
            try:
                each.charger = await host.connect(each.row.identity)
                break
            except (OSError, WebSocketException, HandshakeRefusedError):
                assert time.monotonic() < deadline
                await asyncio.sleep(1)
        await each.call("BootNotification", BOOT_16)
    await asyncio.sleep(10)  # two heartbeats of the hosts
    for each in chargers:
        assert await each.call("Heartbeat", {})
        assert each.known().connection_id is not None
        await each.charger.close()
