"""B Provisioning: boots, heartbeats, and the device model."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from chargepoints.models import Command, Message, Variable
from tests.fakes import frames
from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import BOOT, OperatedStation, alert
from tests.pki import signing_request
from tests.running_gateway import RunningGateway


def attribute(component: str, variable: str, value: str, **characteristics: Any) -> Payload:
    return {
        "component": {"name": component},
        "variable": {"name": variable},
        "variableAttribute": [{"value": value, "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False}
        | characteristics,
    }


async def test_a_boot_is_kept_and_told_to_core(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        known = station.known()
        assert (known.vendor, known.model, known.firmware_version) == ("Acme", "Post 150", "1.0")
        assert known.boot_accepted_at is not None
        (booted,) = station.events("charge_point.booted")
        assert booted.data["reason"] == "PowerUp"


async def test_core_sets_the_heartbeat_interval(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        answer = await station.boot()
        assert (answer["status"], answer["interval"]) == ("Accepted", 60)
        assert answer["currentTime"].endswith("Z")


async def test_a_rejected_station_is_told_so(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    core.decisions.boots[identity] = {"status": "rejected", "interval_s": 90}
    async with await OperatedStation.connect(gateway, identity, boot=None) as station:
        answer = await station.call("BootNotification", BOOT)
        assert (answer["status"], answer["interval"]) == ("Rejected", 90)
        assert await station.refused("Heartbeat", {}) == "SecurityError"


async def test_a_heartbeat_is_answered_with_the_time(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        answer = await station.call("Heartbeat", {})
        told = datetime.fromisoformat(answer["currentTime"])
        assert abs(told - datetime.now(UTC)) < timedelta(seconds=3)


async def test_a_report_in_parts_becomes_the_device_model(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        for seq_no, data in enumerate(
            [
                attribute("OCPPCommCtrlr", "HeartbeatInterval", "60", unit="s"),
                attribute("SecurityCtrlr", "BasicAuthPassword", "very secret password"),
            ]
        ):
            part = {"requestId": 7, "generatedAt": at(), "seqNo": seq_no, "tbc": seq_no == 0}
            assert await station.call("NotifyReport", part | {"reportData": [data]}) == {}
        rows = {row.name: row for row in Variable.objects.filter(charge_point=station.row)}
        assert rows["HeartbeatInterval"].reported == "60"
        assert (rows["HeartbeatInterval"].characteristics or {})["unit"] == "s"
        assert rows["BasicAuthPassword"].reported == "(not shown)"
        traces = Message.objects.filter(charge_point=station.row, action="NotifyReport")
        assert not any("very secret" in trace.request for trace in traces)
        told = station.events("charge_point.configuration_changed")
        assert "very secret" not in str(told[0].ocpp)
        assert len(station.events("charge_point.configuration_changed")) == 1


async def test_what_is_reported_again_replaces_what_was_known(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        for value in ("60", "90"):
            part = {"requestId": 7, "generatedAt": at(), "seqNo": 0}
            data = attribute("OCPPCommCtrlr", "HeartbeatInterval", value)
            await station.call("NotifyReport", part | {"reportData": [data]})
        assert Variable.objects.get(charge_point=station.row).reported == "90"


async def test_a_password_that_a_station_shows_is_kept_nowhere(
    gateway: RunningGateway, identity: str
) -> None:
    """It is write-only (A01); some tell it all the same, when asked or by an event."""
    async with await OperatedStation.connect(gateway, identity) as station:
        named = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
        }
        result = named | {"attributeStatus": "Accepted", "attributeValue": "very secret"}
        _, command = await station.command(
            "get_configuration",
            {"keys": ["SecurityCtrlr.BasicAuthPassword"]},
            "GetVariables",
            {"getVariableResult": [result]},
        )
        shown = result | {"attributeValue": "(not shown)"}
        assert command["ocpp"]["response"] == {"getVariableResult": [shown]}
        event = alert("SecurityCtrlr", "BasicAuthPassword", "very secret")
        await station.call("NotifyEvent", event)
        asked = {"setVariableData": [named | {"attributeValue": "very secret"}]}
        answer = {"setVariableResult": [named | {"attributeStatus": "Rejected"}]}
        raw = {"action": "SetVariables", "payload": asked}
        sent, _ = await station.command("raw", raw, "SetVariables", answer)
        assert sent == asked
        typed = {"key": "SecurityCtrlr.BasicAuthPassword", "value": "very secret"}
        assert (await station.refuses("set_configuration", typed))["code"] == "invalid_args"
        rows = [
            *Message.objects.filter(charge_point=station.row),
            *Command.objects.filter(charge_point=station.row),
            *Variable.objects.filter(charge_point=station.row),
            *station.events(),
        ]
        assert len(rows) > 6
        assert not any("very secret" in str(vars(row)) for row in rows)


async def test_a_report_that_cannot_be_read_shows_no_password_either(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, strict=True) as station:
        data = attribute("SecurityCtrlr", "BasicAuthPassword", "very secret")
        await station.refused("NotifyReport", {"requestId": "none", "reportData": [data]})
        trace = Message.objects.get(charge_point=station.row, action="NotifyReport")
        assert "(not shown)" in trace.request and "very secret" not in trace.request


async def test_a_pending_station_may_send_what_it_was_asked_for(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    """B02.FR.09, B01.FR.10: and nothing else."""
    core.decisions.boots[identity] = {"status": "pending", "interval_s": 30}
    async with await OperatedStation.connect(gateway, identity, boot=None) as station:
        await station.call("BootNotification", BOOT)
        assert await station.refused("Heartbeat", {}) == "SecurityError"
        answer = {"status": "Accepted"}
        await station.command("trigger", {"message": "Heartbeat"}, "TriggerMessage", answer)
        assert await station.call("Heartbeat", {})
        csr, _ = signing_request(identity)
        assert await station.refused("SignCertificate", {"csr": csr}) == "SecurityError"
        asked = {"message": "SignChargingStationCertificate"}
        await station.command("trigger", asked, "TriggerMessage", answer)
        assert (await station.call("SignCertificate", {"csr": csr}))["status"] == "Accepted"


async def test_a_pending_station_reports_what_it_was_asked_for_and_a_rejected_one_nothing(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    """B01.FR.10, B03.FR.07."""
    core.decisions.boots[identity] = {"status": "pending", "interval_s": 30}
    report = {"requestId": 1, "generatedAt": at(), "seqNo": 0}
    async with await OperatedStation.connect(gateway, identity, boot=None) as station:
        await station.call("BootNotification", BOOT)
        assert await station.refused("NotifyReport", report) == "SecurityError"
        await station.command("get_report", {}, "GetBaseReport", {"status": "Accepted"})
        assert await station.call("NotifyReport", report) == {}
        core.decisions.boots[identity] = {"status": "rejected", "interval_s": 30}
        await station.boot()
        assert await station.refused("NotifyReport", report) == "SecurityError"


async def test_a_station_that_is_rejected_while_it_is_connected_is_served_no_more(
    gateway: RunningGateway, identity: str
) -> None:
    """B03.FR.07; nor when it comes back without a boot."""
    async with await OperatedStation.connect(gateway, identity) as station:
        assert await station.call("Heartbeat", {})
        changed = await station.api(
            "PATCH", f"charge-points/{identity}", json={"registration": "rejected"}
        )
        assert changed.status_code == 200, changed.text
        deadline = time.monotonic() + 10
        while (await station.charger.call("Heartbeat", {}))[0] != frames.CALLERROR:
            assert time.monotonic() < deadline
        await station.reconnect()
        assert await station.refused("Heartbeat", {}) == "SecurityError"


async def test_a_variable_is_not_written_twice_in_one_request(station: OperatedStation) -> None:
    """B05.FR.13."""
    named = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}
    twice = [named | {"value": "1"}, named | {"value": "2", "attribute": "Actual"}]
    assert (await station.refuses("set_variables", {"variables": twice}))["code"] == "invalid_args"


async def test_core_is_told_of_each_variable_that_was_written(station: OperatedStation) -> None:
    power = {"component": "EVSE", "evse_id": 1, "variable": "Power", "attribute": "MaxSet"}
    threshold = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}
    taken = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Power"},
        "attributeType": "MaxSet",
        "attributeStatus": "RebootRequired",
    }
    refused = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "OfflineThreshold"},
        "attributeStatus": "Rejected",
    }
    args = {"variables": [power | {"value": "11000"}, threshold | {"value": "-1"}]}
    answer = {"setVariableResult": [taken, refused]}
    await station.command("set_variables", args, "SetVariables", answer)
    (told,) = station.events("charge_point.configuration_changed")
    assert told.data == {
        "key": "EVSE.Power",
        "value": "11000",
        "reboot_required": True,
        "evse_id": 1,
        "connector_id": None,
        "attribute": "MaxSet",
    }


async def test_a_network_profile_may_name_the_mobile_network_and_the_vpn(
    station: OperatedStation,
) -> None:
    profile = {"slot": 2, "url": "wss://connect.example.com/ocpp", "security_profile": 2}
    apn = {"apn": "iot.example", "apn_password": "5EC12E7", "sim_pin": 7531}
    vpn = {"server": "vpn.example", "user": "u", "password": "5EC12E8", "key": "5EC12E9"}
    request, command = await station.command(
        "set_network_profile",
        profile | {"apn": apn | {"apn_authentication": "PAP"}, "vpn": vpn | {"type": "IKEv2"}},
        "SetNetworkProfile",
        {"status": "Accepted"},
    )
    assert request["connectionData"]["apn"] == {
        "apn": "iot.example",
        "apnPassword": "5EC12E7",
        "simPin": 7531,
        "apnAuthentication": "PAP",
    }
    assert request["connectionData"]["vpn"] == vpn | {"type": "IKEv2"}
    known = Command.objects.get(pk=command["id"])
    trace = Message.objects.filter(charge_point=station.row).values_list("request", flat=True)
    kept = f"{known.args} {known.request} {list(trace)} {command}"
    assert "iot.example" in kept and "5EC12E" not in kept
    assert known.args["apn"]["sim_pin"] == "(not shown)"


async def test_what_is_told_again_without_a_row_of_its_own_is_no_news(
    station: OperatedStation,
) -> None:
    """P4: reports, and the progress of what nobody here asked for."""
    told_by = "charge_point.configuration_changed", "charge_point.firmware_status"
    report = {"requestId": 7, "generatedAt": at(), "seqNo": 0}
    data = [attribute("SomeCtrlr", "SomeVariable", "1")]
    for action, payload in (
        ("NotifyReport", report | {"reportData": data}),
        ("FirmwareStatusNotification", {"status": "Downloading", "requestId": 4}),
        ("PublishFirmwareStatusNotification", {"status": "Downloading", "requestId": 4}),
    ):
        first = await station.call(action, payload)
        told = len(station.events(*told_by))
        assert await station.call(action, payload) == first
        await station.reconnect()
        assert await station.call(action, payload) == first
        assert len(station.events(*told_by)) == told
    await station.call("FirmwareStatusNotification", {"status": "Downloaded", "requestId": 4})
    assert len(station.events(*told_by)) == told + 1
