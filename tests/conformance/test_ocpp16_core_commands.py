"""OCPP 1.6 test cases of a central system, Core: what is asked of the charge point."""

from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger
from tests.running_gateway import RunningGateway


async def reset(cp: OperatedCharger, type: str, ocpp_type: str) -> None:
    request, command = await cp.command("reset", {"type": type}, "Reset", {"status": "Accepted"})
    assert request == {"type": ocpp_type}
    assert command["state"] == "accepted"
    await cp.reconnect()
    assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
    await cp.status(0, "Available")
    await cp.status(1, "Available")
    (finished,) = cp.events("command.finished")
    assert finished.data["state"] == "effect_confirmed"


async def test_013_hard_reset(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await reset(cp, "immediate", "Hard")


async def test_014_soft_reset(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await reset(cp, "on_idle", "Soft")


async def unlock(cp: OperatedCharger, connector: int, status: str) -> tuple[str, str | None]:
    """The command's state and the station's own word."""
    request, command = await cp.command(
        "unlock", {"evse_id": connector}, "UnlockConnector", {"status": status}
    )
    assert request == {"connectorId": connector}
    assert command["ocpp"]["response"] == {"status": status}
    error = command["error"]
    return command["state"], error["code"] if error else None


async def test_017_1_unlock_connector(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await unlock(cp, 1, "Unlocked") == ("accepted", None)


async def test_017_2_unlock_connector_fixed_cable(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await unlock(cp, 1, "NotSupported") == ("rejected", "NotSupported")


async def test_018_1_unlock_during_a_transaction(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG-018"))["transactionId"]
        assert await unlock(cp, 1, "Unlocked") == ("accepted", None)
        answer = await cp.stop(number, idTag="TAG-018", reason="UnlockCommand")
        assert answer["idTagInfo"]["status"] == "Accepted"
        (transaction,) = cp.transactions()
        assert transaction.stop_reason == "UnlockCommand"


async def test_019_1_retrieve_all_configuration_keys(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        keys = [
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        ]
        request, _ = await cp.command(
            "get_configuration", {}, "GetConfiguration", {"configurationKey": keys}
        )
        assert request == {}
        shown = {
            variable["key"]: (variable["reported"], variable["mutability"])
            for variable in (await cp.http("GET", "configuration")).json()["results"]
        }
        assert shown == {
            "HeartbeatInterval": ("300", "ReadWrite"),
            "NumberOfConnectors": ("2", "ReadOnly"),
        }


async def test_019_2_retrieve_one_configuration_key(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        entry = {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"}
        request, _ = await cp.command(
            "get_configuration",
            {"keys": ["SupportedFeatureProfiles"]},
            "GetConfiguration",
            {"configurationKey": [entry]},
        )
        assert request == {"key": ["SupportedFeatureProfiles"]}
        assert cp.row.variables.get().reported == "Core"


async def change(cp: OperatedCharger, key: str, value: str, status: str) -> tuple[str, str | None]:
    request, command = await cp.command(
        "set_configuration", {"key": key, "value": value}, "ChangeConfiguration", {"status": status}
    )
    assert request == {"key": key, "value": value}
    error = command["error"]
    return command["state"], error["code"] if error else None


async def test_021_change_configuration(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await change(cp, "MeterValueSampleInterval", "60", "Accepted") == ("accepted", None)
        assert cp.row.variables.get().desired == "60"


async def test_026_remote_start_rejected(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await cp.command(
            "start",
            {"id_token": {"value": "TAG-026"}, "evse_id": 1},
            "RemoteStartTransaction",
            {"status": "Rejected"},
        )
        assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")


async def test_028_remote_stop_rejected(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await cp.command(
            "stop", {"transaction_id": "99999"}, "RemoteStopTransaction", {"status": "Rejected"}
        )
        assert request == {"transactionId": 99999}
        assert command["state"] == "rejected"


async def test_030_unlock_failure(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await unlock(cp, 1, "UnlockFailed") == ("rejected", "UnlockFailed")


async def test_031_unlock_unknown_connector(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await unlock(cp, 77, "NotSupported") == ("rejected", "NotSupported")


async def test_040_1_change_unknown_configuration_key(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        outcome = await change(cp, "NoSuchKey", "1", "NotSupported")
        assert outcome == ("rejected", "NotSupported")


async def test_040_2_change_configuration_invalid_value(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        outcome = await change(cp, "MeterValueSampleInterval", "-1", "Rejected")
        assert outcome == ("rejected", "Rejected")


async def test_061_clear_cache(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await cp.command("clear_cache", {}, "ClearCache", {"status": "Accepted"})
        assert request == {}
        assert command["state"] == "accepted"


async def test_064_data_transfer_of_an_unknown_vendor(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.call("DataTransfer", {"vendorId": "UnknownVendor", "data": "x"})
        assert answer["status"] in ("Rejected", "UnknownMessageId", "UnknownVendorId")
    asked = [each.request for each in core.journal.decisions if "vendor_id" in each.request]
    (of_this,) = [request for request in asked if request["charge_point"] == identity]
    assert of_this["message_id"] is None
