"""B Provisioning: the CSMS test cases of OCPP 2.0.1, part 6."""

from typing import Any

import pytest

from chargepoints.models import Variable
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import BOOT, TOKEN, VERSION, OperatedStation
from tests.running_gateway import KEY, RunningGateway


async def test_tc_b_01_csms_cold_boot_accepted(station: OperatedStation) -> None:
    answer = await station.boot()
    assert answer["status"] == "Accepted"
    await station.connector_is("Available")


async def test_tc_b_02_csms_cold_boot_pending(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    core.decisions.boots[identity] = {"status": "pending", "interval_s": 1}
    async with await OperatedStation.connect(gateway, identity, boot=None) as station:
        answer = await station.call("BootNotification", BOOT)
        assert (answer["status"], answer["interval"]) == ("Pending", 1)
        # B02.FR.02: meanwhile it may be configured.
        await write(station, {"OCPPCommCtrlr.OfflineThreshold": "123"})
        core.decisions.boots[identity] = {"status": "accepted", "interval_s": 60}
        assert (await station.boot())["status"] == "Accepted"
        await station.connector_is("Available")


async def test_tc_b_30_csms_refuses_others_while_pending(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    for verdict in ("pending", "rejected"):
        name = f"{identity}-{verdict}"
        core.decisions.boots[name] = {"status": verdict, "interval_s": 30}
        async with await OperatedStation.connect(gateway, name, boot=None) as station:
            answer = await station.call("BootNotification", BOOT)
            assert answer["status"] == verdict.capitalize()
            outlet = {"evseId": 1, "connectorId": 1}
            status = {"timestamp": at(), "connectorStatus": "Available", **outlet}
            assert await station.refused("StatusNotification", status) == "SecurityError"


async def test_tc_b_31_csms_triggers_the_boot_while_pending(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    for verdict in ("pending", "rejected"):
        name = f"{identity}-{verdict}"
        core.decisions.boots[name] = {"status": verdict, "interval_s": 30}
        async with await OperatedStation.connect(gateway, name, boot=None) as station:
            await station.call("BootNotification", BOOT)
            core.decisions.boots[name] = {"status": "accepted", "interval_s": 60}
            request, _ = await station.command(
                "trigger",
                {"message": "BootNotification"},
                "TriggerMessage",
                {"status": "Accepted"},
            )
            assert request == {"requestedMessage": "BootNotification"}
            assert (await station.boot("Triggered"))["status"] == "Accepted"
            await station.connector_is("Available")


async def test_tc_b_58_csms_agrees_on_a_subprotocol(gateway: RunningGateway, identity: str) -> None:
    """The errata of 2025-04."""
    gateway.register(identity, strict=True)
    with pytest.raises(HandshakeRefusedError) as refused:
        await RawCharger.connect(gateway.url, identity, KEY, ["ocpp0.1"])
    assert refused.value.status == 400
    async with await RawCharger.connect(
        gateway.url, identity, KEY, ["ocpp0.1", VERSION.subprotocol]
    ) as charger:
        assert charger.subprotocol == VERSION.subprotocol


# --- B05, B06: variables ------------------------------------------------------------------------


def where(key: str) -> Payload:
    component, _, variable = key.partition(".")
    name, bracket, instance = variable.partition("[")
    named = {"name": name} | ({"instance": instance.rstrip("]")} if bracket else {})
    return {"component": {"name": component}, "variable": named}


def values(known: dict[str, str]) -> Payload:
    return {
        "getVariableResult": [
            where(key) | {"attributeStatus": "Accepted", "attributeValue": value}
            for key, value in known.items()
        ]
    }


async def read(station: OperatedStation, known: dict[str, str]) -> None:
    request, command = await station.command(
        "get_configuration", {"keys": list(known)}, "GetVariables", values(known)
    )
    assert request == {"getVariableData": [where(key) for key in known]}
    assert command["state"] == "accepted"
    for key, value in known.items():
        assert row(station, key).reported == value


def row(station: OperatedStation, key: str) -> Variable:
    named = where(key)
    return Variable.objects.get(
        charge_point=station.row,
        component=named["component"]["name"],
        name=named["variable"]["name"],
        instance=named["variable"].get("instance", ""),
    )


async def write(station: OperatedStation, wanted: dict[str, str]) -> None:
    variables = [where(key) | {"attributeValue": value} for key, value in wanted.items()]
    results = [where(key) | {"attributeStatus": "Accepted"} for key in wanted]
    args = [
        {
            "component": each["component"]["name"],
            "variable": each["variable"]["name"],
            "value": each["attributeValue"],
        }
        for each in variables
    ]
    request, command = await station.command(
        "set_variables", {"variables": args}, "SetVariables", {"setVariableResult": results}
    )
    assert request == {"setVariableData": variables}
    assert command["state"] == "accepted"
    for key, value in wanted.items():
        assert row(station, key).desired == value


async def test_tc_b_06_csms_reads_one_variable(station: OperatedStation) -> None:
    await read(station, {"OCPPCommCtrlr.OfflineThreshold": "123"})


async def test_tc_b_07_csms_reads_several_variables(station: OperatedStation) -> None:
    await read(
        station,
        {"OCPPCommCtrlr.OfflineThreshold": "123", "AuthCtrlr.AuthorizeRemoteStart": "false"},
    )


async def test_tc_b_08_csms_reads_no_more_at_once_than_the_station_takes(
    station: OperatedStation,
) -> None:
    await read(station, {"DeviceDataCtrlr.ItemsPerMessage[GetVariables]": "4"})
    known = {
        "DeviceDataCtrlr.ItemsPerMessage[GetReport]": "4",
        "DeviceDataCtrlr.ItemsPerMessage[GetVariables]": "4",
        "DeviceDataCtrlr.BytesPerMessage[GetReport]": "2048",
        "DeviceDataCtrlr.BytesPerMessage[GetVariables]": "2048",
        "AuthCtrlr.AuthorizeRemoteStart": "false",
    }
    keys = list(known)
    asked, command = await station.exchange(
        "get_configuration",
        {"keys": keys},
        ("GetVariables", values({key: known[key] for key in keys[:4]})),
        ("GetVariables", values({key: known[key] for key in keys[4:]})),
    )
    assert [len(request["getVariableData"]) for request in asked] == [4, 1]
    assert command["state"] == "accepted"
    assert command["ocpp"]["response"] == values(known)


async def test_requests_are_no_longer_than_the_station_takes(station: OperatedStation) -> None:
    """B06.FR.05's twin for BytesPerMessage."""
    await read(station, {"DeviceDataCtrlr.BytesPerMessage[GetVariables]": "300"})
    keys = ["OCPPCommCtrlr.OfflineThreshold", "AuthCtrlr.AuthorizeRemoteStart"]
    asked, _ = await station.exchange(
        "get_configuration",
        {"keys": [*keys, *keys]},
        *[("GetVariables", values(dict.fromkeys(keys, "1")))] * 2,
    )
    assert [len(request["getVariableData"]) for request in asked] == [2, 2]


async def test_tc_b_09_csms_writes_one_variable(station: OperatedStation) -> None:
    result = where("OCPPCommCtrlr.OfflineThreshold") | {"attributeStatus": "Accepted"}
    request, command = await station.command(
        "set_configuration",
        {"key": "OCPPCommCtrlr.OfflineThreshold", "value": "123"},
        "SetVariables",
        {"setVariableResult": [result]},
    )
    data = where("OCPPCommCtrlr.OfflineThreshold") | {"attributeValue": "123"}
    assert request == {"setVariableData": [data]}
    assert command["state"] == "accepted"


async def test_tc_b_10_csms_writes_several_variables(station: OperatedStation) -> None:
    await write(
        station,
        {"OCPPCommCtrlr.OfflineThreshold": "123", "AuthCtrlr.AuthorizeRemoteStart": "false"},
    )


async def test_a_value_the_station_rejects_is_not_what_is_wanted_of_it(
    station: OperatedStation,
) -> None:
    result = where("OCPPCommCtrlr.OfflineThreshold") | {"attributeStatus": "Rejected"}
    _, command = await station.command(
        "set_configuration",
        {"key": "OCPPCommCtrlr.OfflineThreshold", "value": "-1"},
        "SetVariables",
        {"setVariableResult": [result]},
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")
    assert not Variable.objects.filter(charge_point=station.row, name="OfflineThreshold").exists()


# --- B07, B08: reports --------------------------------------------------------------------------


async def report(station: OperatedStation, request_id: int, *keys: str) -> None:
    for seq_no, key in enumerate(keys):
        data = where(key) | {"variableAttribute": [{"value": "1"}]}
        part = {"requestId": request_id, "generatedAt": at(), "seqNo": seq_no}
        part |= {"tbc": seq_no < len(keys) - 1, "reportData": [data]}
        assert await station.call("NotifyReport", part) == {}


async def base_report(station: OperatedStation, base: str, ocpp_base: str) -> None:
    request, command = await station.command(
        "get_report", {"base": base}, "GetBaseReport", {"status": "Accepted"}
    )
    assert request["reportBase"] == ocpp_base
    assert request["requestId"] >= 0
    await report(station, request["requestId"], "EVSE.Power", "AuthCtrlr.Enabled")
    assert (await station.settled(command)).state == "effect_confirmed"
    assert Variable.objects.filter(charge_point=station.row).count() == 2


async def test_tc_b_12_csms_asks_for_the_configuration(station: OperatedStation) -> None:
    await base_report(station, "configuration", "ConfigurationInventory")


async def test_tc_b_13_csms_asks_for_everything(station: OperatedStation) -> None:
    await base_report(station, "full", "FullInventory")


async def test_tc_b_14_csms_asks_for_the_summary(station: OperatedStation) -> None:
    await base_report(station, "summary", "SummaryInventory")


async def test_tc_b_18_csms_asks_for_components_by_criterion_and_name(
    station: OperatedStation,
) -> None:
    wanted = {"component": "EVSE", "evse_id": 1, "variable": "AvailabilityState"}
    named = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    request, command = await station.command(
        "get_custom_report",
        {"criteria": ["problem"], "variables": [wanted]},
        "GetReport",
        {"status": "EmptyResultSet"},
    )
    del request["requestId"]
    assert request == {"componentCriteria": ["Problem"], "componentVariable": [named]}
    assert command["error"]["code"] == "EmptyResultSet"
    request, command = await station.command(
        "get_custom_report",
        {"criteria": ["available"], "variables": [wanted]},
        "GetReport",
        {"status": "Accepted"},
    )
    assert request["componentCriteria"] == ["Available"]
    await report(station, request["requestId"], "EVSE.AvailabilityState")
    assert (await station.settled(command)).state == "effect_confirmed"


# --- B11, B12: reset ----------------------------------------------------------------------------


async def reset(station: OperatedStation, args: Payload, status: str = "Accepted") -> Payload:
    request, command = await station.command("reset", args, "Reset", {"status": status})
    ocpp_type = {"immediate": "Immediate", "on_idle": "OnIdle"}[args["type"]]
    evse = {"evseId": args["evse_id"]} if "evse_id" in args else {}
    assert request == {"type": ocpp_type} | evse
    assert command["state"] == "accepted"
    return command


async def boots(station: OperatedStation, reason: str, command: Payload) -> None:
    assert (await station.boot(reason))["status"] == "Accepted"
    await station.connector_is("Available")
    assert (await station.settled(command)).state == "effect_confirmed"


async def ends(station: OperatedStation, charging: Any) -> None:
    await charging.tell("Updated", "StopAuthorized", "EVConnected", idToken=TOKEN)
    info = {"stoppedReason": "EVDisconnected"}
    assert await charging.tell("Ended", "EVCommunicationLost", "Idle", info=info) == {}


async def aborts(charging: Any) -> None:
    info = {"stoppedReason": "ImmediateReset"}
    assert await charging.tell("Ended", "ResetCommand", "EVConnected", info=info) == {}


async def test_tc_b_20_csms_resets_an_idle_station(station: OperatedStation) -> None:
    command = await reset(station, {"type": "on_idle"})
    await boots(station, "RemoteReset", command)


async def test_tc_b_21_csms_resets_after_the_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    command = await reset(station, {"type": "on_idle"}, "Scheduled")
    await ends(station, charging)
    await boots(station, "ScheduledReset", command)


async def test_tc_b_22_csms_resets_amid_the_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    command = await reset(station, {"type": "immediate"})
    await aborts(charging)
    await boots(station, "RemoteReset", command)
    (row,) = station.transactions()
    assert row.stop_reason == "ImmediateReset"


async def test_tc_b_25_csms_resets_an_idle_evse(station: OperatedStation) -> None:
    await reset(station, {"type": "on_idle", "evse_id": 1})


async def test_tc_b_26_csms_resets_an_evse_after_the_transaction(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    await reset(station, {"type": "on_idle", "evse_id": 1}, "Scheduled")
    await ends(station, charging)


async def test_tc_b_27_csms_resets_an_evse_amid_the_transaction(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    await reset(station, {"type": "immediate", "evse_id": 1})
    await aborts(charging)


# --- B09: network profiles ----------------------------------------------------------------------

PROFILE: Payload = {
    "slot": 2,
    "url": "wss://connect.example.com/ocpp",
    "security_profile": 2,
    "message_timeout_s": 60,
    "interface": "Wireless0",
}


async def set_profile(station: OperatedStation, status: str) -> Payload:
    request, command = await station.command(
        "set_network_profile", PROFILE, "SetNetworkProfile", {"status": status}
    )
    assert request == {
        "configurationSlot": 2,
        "connectionData": {
            "ocppVersion": {"2.0.1": "OCPP20", "2.1": "OCPP21"}[VERSION.name],
            "ocppTransport": "JSON",
            "ocppCsmsUrl": "wss://connect.example.com/ocpp",
            "messageTimeout": 60,
            "securityProfile": 2,
            "ocppInterface": "Wireless0",
        },
    }
    return command


async def test_tc_b_42_csms_sets_a_network_profile(station: OperatedStation) -> None:
    assert (await set_profile(station, "Accepted"))["state"] == "accepted"


async def test_tc_b_44_csms_is_told_that_the_profile_failed(station: OperatedStation) -> None:
    command = await set_profile(station, "Failed")
    assert (command["state"], command["error"]["code"]) == ("rejected", "Failed")


async def test_secure_profiles_go_with_secure_addresses(station: OperatedStation) -> None:
    refused = await station.refuses(
        "set_network_profile", PROFILE | {"url": "ws://connect.example.com/ocpp"}
    )
    assert refused["code"] == "invalid_args"
