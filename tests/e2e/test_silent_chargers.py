"""Chargers that come back without a word of themselves, or answer nothing, or late."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from chargepoints.models import ChargePoint, Command
from tests.operated import BOOT_16, OperatedCharger, Payload, at, eventually
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}


@pytest.fixture(scope="module")
def running_impatient(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[RunningGateway]:
    environment = {"CALL_TIMEOUT_S": "1", "BOOT_WITHIN_S": "1"}
    directory = tmp_path_factory.mktemp("impatient")
    with (
        django_db_blocker.unblock(),
        RunningGateway("impatient", directory, environment) as gateway,
    ):
        yield gateway


@pytest_asyncio.fixture
async def impatient(
    running_impatient: RunningGateway,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[RunningGateway]:
    """It waits a second for an answer, and a second for a boot."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with django_db_blocker.unblock(), running_impatient.database():
        yield running_impatient


def of_gateway(cp: OperatedCharger) -> list[str]:
    """What the gateway has asked of its own accord, since ever."""
    found = Command.objects.filter(charge_point=cp.row, requested_by="gateway")
    return [command.args["message"] for command in found.order_by("created_at")]


async def test_one_that_comes_back_without_a_boot_is_asked_once_a_day(
    impatient: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(impatient, identity) as cp:
        await cp.status(1, "Available")
        await cp.reconnect()
        request = await cp.obey("TriggerMessage", ACCEPTED)
        assert request == {"requestedMessage": "BootNotification"}
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
        request = await cp.obey("TriggerMessage", ACCEPTED)
        assert request == {"requestedMessage": "StatusNotification", "connectorId": 1}
        await cp.status(1, "Available")
        await cp.reconnect()
        with pytest.raises(AssertionError, match="no such thing"):
            await cp.charger.expect_call("TriggerMessage", within=2.5)
        assert of_gateway(cp) == ["BootNotification", "StatusNotification"]
        yesterday = timezone.now() - timedelta(hours=25)
        ChargePoint.objects.filter(pk=cp.row.pk).update(boot_asked_at=yesterday)
        await cp.reconnect()
        await cp.obey("TriggerMessage", {"status": "NotImplemented"})
        await cp.call("Heartbeat", {})


async def test_a_station_of_2_0_1_is_asked_too_and_one_that_is_left_alone_is_not(
    impatient: RunningGateway, identity: str
) -> None:
    async with (
        await OperatedStation.connect(impatient, identity) as station,
        await OperatedStation.connect(impatient, f"{identity}-B", proactive=False) as alone,
    ):
        await station.connector_is("Available")
        await station.reconnect()
        await alone.reconnect()
        request = await station.obey("TriggerMessage", ACCEPTED)
        assert request == {"requestedMessage": "BootNotification"}
        request = await station.obey("TriggerMessage", ACCEPTED)
        evse = {"id": 1, "connectorId": 1}
        assert request == {"requestedMessage": "StatusNotification", "evse": evse}
        assert of_gateway(alone) == []


async def swallow(cp: OperatedCharger, action: str, count: int) -> None:
    """As many commands as that, and an answer to none."""
    for _ in range(count):
        await cp.post("clear_cache", {})
        await cp.charger.expect_call(action)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_deaf_one_is_given_a_new_socket_once(
    impatient: RunningGateway, identity: str, version: str
) -> None:
    kind = OperatedCharger if version == "1.6" else OperatedStation
    async with await kind.connect(impatient, identity, proactive=False) as cp:
        await swallow(cp, "ClearCache", 3)
        assert await cp.charger.wait_closed() == 1000
        assert cp.known().deaf_since is not None
        await cp.reconnect()
        await cp.call("Heartbeat", {})
        await swallow(cp, "ClearCache", 3)
        failed = Command.objects.filter(charge_point=cp.row, state="timeout")
        await eventually(lambda: failed.count() == 6)
        await cp.call("Heartbeat", {})
        await cp.command("clear_cache", {}, "ClearCache", ACCEPTED)
        assert cp.known().deaf_since is None
        told = [event.data["deaf"] for event in cp.events("charge_point.deaf")]
        assert told == [True, False]


async def test_one_that_is_known_to_answer_late_is_waited_for(
    impatient: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(
        impatient, identity, assigned_quirks=["Answers late"]
    ) as cp:
        posted = asyncio.create_task(cp.post("clear_cache", {}, wait="ack"))
        message_id, _ = await cp.charger.expect_call("ClearCache")
        with pytest.raises(AssertionError, match="no such thing"):
            await cp.charger.expect_call("ClearCache", within=1.5)
        await cp.charger.answer(message_id, ACCEPTED)
        assert (await posted).json()["state"] == "accepted"
        assert cp.row.quirk_uses.get(setting="call_timeout_s").count == 1


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_an_answer_that_cannot_be_read_ends_its_command_at_once(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    kind = OperatedCharger if version == "1.6" else OperatedStation
    async with await kind.connect(gateway, identity) as cp:
        posted = asyncio.create_task(cp.post("clear_cache", {}, wait="ack"))
        message_id, _ = await cp.charger.expect_call("ClearCache")
        await cp.charger.send_text(f'[3,"{message_id}",{{"status":"Acc')
        command = (await posted).json()
        assert (command["state"], command["error"]["code"]) == ("rejected", "bad_response")
        trace = cp.row.messages.get(action="ClearCache")
        assert trace.deviations == ["bad_response:unreadable"]
        await cp.call("Heartbeat", {})


@pytest.mark.parametrize(("ahead_s", "shown"), [(3600, 3600), (-7200, -7200), (0, 0)])
async def test_the_clock_of_a_charger_is_estimated_by_what_it_says_live(
    gateway: RunningGateway, identity: str, ahead_s: int, shown: int
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for queued_s in (5000, 0, 300):
            at = timezone.now() + timedelta(seconds=ahead_s - queued_s)
            status = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
            text = at.strftime("%Y-%m-%dT%H:%M:%SZ")
            await cp.call("StatusNotification", status | {"timestamp": text})
        body = (await cp.api("GET", f"charge-points/{identity}")).json()
        assert abs(body["clock_skew_s"] - shown) <= 3


async def test_what_looks_wrong_is_warned_of_and_sent(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.status(1, "Available")
        known = [{"key": "NumberOfConnectors", "readonly": True, "value": "1"}]
        answer = {"configurationKey": known, "unknownKey": []}
        await cp.command("get_configuration", {}, "GetConfiguration", answer)
        doubtful: list[tuple[str, Payload, str, Payload]] = [
            ("unlock", {"evse_id": 9}, "UnlockConnector", {"status": "NotSupported"}),
            ("stop", {"transaction_id": "4711"}, "RemoteStopTransaction", {"status": "Rejected"}),
            (
                "set_configuration",
                {"key": "NumberOfConnectors", "value": "2"},
                "ChangeConfiguration",
                {"status": "Rejected"},
            ),
            (
                "set_configuration",
                {"key": "NoSuchKey", "value": "2"},
                "ChangeConfiguration",
                {"status": "NotSupported"},
            ),
            (
                "trigger",
                {"message": "BootNotification"},
                "TriggerMessage",
                {"status": "Rejected"},
            ),
            (
                "reserve",
                {"id_token": {"value": "TAG"}, "expires_at": at(minutes=1)},
                "ReserveNow",
                {"status": "Rejected"},
            ),
        ]
        for type, args, action, refusal in doubtful:
            _, command = await cp.command(type, args, action, refusal)
            assert len(command["cautions"]) == 1, command
            assert command["state"] == "rejected"
        _, command = await cp.command(
            "unlock", {"evse_id": 1}, "UnlockConnector", {"status": "Unlocked"}
        )
        assert command["cautions"] == []
