"""OCPP 1.6 test cases of a central system, Core: boot, charging, offline charging."""

import re

from chargepoints.models import Connector
from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, at
from tests.running_gateway import RunningGateway

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def statuses(cp: OperatedCharger) -> dict[int, str]:
    rows = Connector.objects.filter(evse__charge_point=cp.row)
    return {row.evse.evse_id: row.ocpp_status for row in rows.select_related("evse")}


async def charge(cp: OperatedCharger, tag: str) -> int:
    """Start a transaction as a driver does; its id."""
    answer = await cp.start(tag)
    assert answer["idTagInfo"]["status"] == "Accepted"
    assert answer["transactionId"] > 0
    return int(answer["transactionId"])


async def test_001_cold_boot(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        boot = await cp.call("BootNotification", BOOT_16)
        assert boot["status"] == "Accepted"
        assert boot["interval"] > 0
        assert TIME.fullmatch(boot["currentTime"])
        for connector in (0, 1, 2):
            await cp.status(connector, "Available")
        assert TIME.fullmatch((await cp.call("Heartbeat", {}))["currentTime"])
        assert statuses(cp) == {1: "Available", 2: "Available"}
        assert cp.known().status == "available"


async def test_003_charging_plug_in_first(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.status(1, "Preparing")
        answer = await cp.call("Authorize", {"idTag": "TAG-003"})
        assert answer["idTagInfo"]["status"] == "Accepted"
        await charge(cp, "TAG-003")
        await cp.status(1, "Charging")
        assert statuses(cp) == {1: "Charging"}
        (transaction,) = cp.transactions()
        assert (transaction.evse_id, transaction.id_token) == (1, "TAG-003")


async def test_004_1_charging_identification_first(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.call("Authorize", {"idTag": "TAG-004"})
        assert answer["idTagInfo"]["status"] == "Accepted"
        await cp.status(1, "Preparing")
        await charge(cp, "TAG-004")
        await cp.status(1, "Charging")


async def test_004_2_identification_first_connection_time_out(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.call("Authorize", {"idTag": "TAG-004"})
        await cp.status(1, "Preparing")
        await cp.status(1, "Available")
        assert statuses(cp) == {1: "Available"}
        assert cp.transactions() == []


async def test_005_1_ev_side_disconnected(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = await charge(cp, "TAG-005")
        await cp.status(1, "SuspendedEV")
        answer = await cp.stop(number, idTag="TAG-005", reason="EVDisconnected")
        assert answer["idTagInfo"]["status"] == "Accepted"
        await cp.status(1, "Finishing")
        await cp.status(1, "Available")
        (transaction,) = cp.transactions()
        assert transaction.stop_reason == "EVDisconnected"
        assert transaction.energy_wh == 1000


async def test_007_cached_id(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.status(1, "Preparing")
        number = await charge(cp, "TAG-007")
        await cp.status(1, "Charging")
        await cp.stop(number, idTag="TAG-007")


async def test_010_remote_start_cable_plugged_in(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.status(1, "Preparing")
        request, command = await cp.command(
            "start",
            {"id_token": {"value": "TAG-010"}, "evse_id": 1},
            "RemoteStartTransaction",
            {"status": "Accepted"},
        )
        assert request == {"idTag": "TAG-010", "connectorId": 1}
        assert command["state"] == "accepted"
        answer = await cp.call("Authorize", {"idTag": "TAG-010"})
        assert answer["idTagInfo"]["status"] == "Accepted"
        await charge(cp, "TAG-010")
        (finished,) = cp.events("command.finished")
        assert finished.data["state"] == "effect_confirmed"


async def test_011_1_remote_start_cable_later(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, _ = await cp.command(
            "start",
            {"id_token": {"value": "TAG-011"}},
            "RemoteStartTransaction",
            {"status": "Accepted"},
        )
        assert request == {"idTag": "TAG-011"}
        await cp.call("Authorize", {"idTag": "TAG-011"})
        await cp.status(1, "Preparing")
        await charge(cp, "TAG-011")
        (transaction,) = cp.transactions()
        assert transaction.commands.get().state == "effect_confirmed"


async def test_011_2_remote_start_time_out(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await cp.command(
            "start",
            {"id_token": {"value": "TAG-011"}, "evse_id": 1},
            "RemoteStartTransaction",
            {"status": "Accepted"},
        )
        await cp.status(1, "Preparing")
        await cp.status(1, "Available")
        assert command["state"] == "accepted"
        assert cp.transactions() == []


async def test_012_remote_stop(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = await charge(cp, "TAG-012")
        request, command = await cp.command(
            "stop",
            {"transaction_id": str(number)},
            "RemoteStopTransaction",
            {"status": "Accepted"},
        )
        assert request == {"transactionId": number}
        assert command["state"] == "accepted"
        answer = await cp.stop(number, idTag="TAG-012", reason="Remote")
        assert answer["idTagInfo"]["status"] == "Accepted"
        (finished,) = cp.events("command.finished")
        assert finished.data["state"] == "effect_confirmed"


async def test_023_1_authorize_invalid(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    assert await verdict(gateway, identity, core, "invalid") == "Invalid"


async def test_023_2_authorize_expired(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    assert await verdict(gateway, identity, core, "expired") == "Expired"


async def test_023_3_authorize_blocked(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    assert await verdict(gateway, identity, core, "blocked") == "Blocked"


async def verdict(gateway: RunningGateway, identity: str, core: FakeCore, status: str) -> str:
    core.decisions.tokens[f"T-{identity}"] = {"status": status}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.call("Authorize", {"idTag": f"T-{identity}"})
        return str(answer["idTagInfo"]["status"])


async def test_024_lock_failure(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.call("Authorize", {"idTag": "TAG-024"})
        await cp.status(1, "Preparing")
        await cp.status(1, "Faulted", "ConnectorLockFailure")
        row = Connector.objects.get(evse__charge_point=cp.row)
        assert (row.ocpp_status, row.error_code) == ("Faulted", "ConnectorLockFailure")


async def test_032_1_power_failure_while_charging(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = await charge(cp, "TAG-032")
        cp.charger.abort()
        await cp.reconnect()
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
        for connector in (0, 1):
            await cp.status(connector, "Available")
        answer = await cp.stop(number, reason="PowerLoss", timestamp=at(minutes=2))
        assert answer.get("idTagInfo", {"status": "Accepted"})["status"] == "Accepted"
        (transaction,) = cp.transactions()
        assert transaction.stop_reason == "PowerLoss"


async def test_037_1_offline_start_valid_tag(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start("TAG-037", timestamp=at(hours=2))
        assert answer["idTagInfo"]["status"] == "Accepted"
        assert answer["transactionId"] > 0
        (transaction,) = cp.transactions()
        assert transaction.offline


async def test_037_3_offline_start_invalid_tag(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.decisions.tokens[f"T-{identity}"] = {"status": "invalid"}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start(f"T-{identity}", timestamp=at(minutes=30))
        assert answer["idTagInfo"]["status"] == "Invalid"
        assert answer["transactionId"] > 0
        assert await cp.stop(answer["transactionId"], reason="DeAuthorized") == {}
        (transaction,) = cp.transactions()
        assert transaction.authorization_status == "invalid"
        assert transaction.stop_reason == "DeAuthorized"


async def test_039_offline_transaction(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start("TAG-039", timestamp=at(hours=5))
        stopped = await cp.stop(
            answer["transactionId"], idTag="TAG-039", timestamp=at(hours=4), reason="Local"
        )
        assert stopped["idTagInfo"]["status"] == "Accepted"
        (transaction,) = cp.transactions()
        assert transaction.started_at is not None and transaction.ended_at is not None
        assert (transaction.ended_at - transaction.started_at).total_seconds() in (3600, 3601)
