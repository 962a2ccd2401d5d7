"""The simulated chargers do what they are asked, and say so when they do not."""

import base64
from typing import Any

import pytest
from ocpp.exceptions import NotImplementedError as OcppNotImplementedError
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

from tests.fakes.csms import CentralSystem
from tests.fakes.simulator import SimulatedCharger
from tests.fakes.simulator_v16 import Charger16
from tests.fakes.simulator_v201 import Charger201
from tests.fakes.trials import make, running, start_remotely, until


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_a_remote_start_charges_and_a_remote_stop_ends_it(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    charger = make(kind, system)
    async with running(charger):
        transaction_id = await start_remotely(charger, system)
        if kind is Charger16:
            stop = await system.station.call(call16.RemoteStopTransaction(transaction_id))
            await system.wait_for("StopTransaction", reason="Remote")
        else:
            stop = await system.station.call(call201.RequestStopTransaction(transaction_id))
            ended = await system.wait_for("TransactionEvent", event_type="Ended")
            started = await system.wait_for("TransactionEvent", event_type="Started")
            assert started["transaction_info"]["remote_start_id"] == 7
            assert ended["transaction_info"]["stopped_reason"] == "Remote"

    assert stop.status == "Accepted"


async def test_what_cannot_be_started_or_stopped_is_rejected(system: CentralSystem) -> None:
    charger = make(Charger16, system)
    async with running(charger):
        await start_remotely(charger, system)
        again = await system.station.call(call16.RemoteStartTransaction("04A1B2C3", 1))
        nowhere = await system.station.call(call16.RemoteStartTransaction("04A1B2C3", 9))
        unknown = await system.station.call(call16.RemoteStopTransaction(4711))

    assert {again.status, nowhere.status, unknown.status} == {"Rejected"}


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_a_reset_ends_the_charge_and_boots_on_a_new_connection(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    charger = make(kind, system)
    async with running(charger):
        await start_remotely(charger, system)
        if kind is Charger16:
            answer = await system.station.call(call16.Reset("Soft"))
            await system.wait_for("StopTransaction", reason="SoftReset")
            await system.wait_for("BootNotification", number=2)
        else:
            answer = await system.station.call(call201.Reset("Immediate"))
            await system.wait_for("TransactionEvent", trigger_reason="ResetCommand")
            await system.wait_for("BootNotification", reason="RemoteReset")

    assert answer.status == "Accepted"
    assert len(system.authorizations) == 2


async def test_a_hard_reset_in_1_6_ends_the_charge_after_the_boot(system: CentralSystem) -> None:
    charger = make(Charger16, system)
    async with running(charger):
        await start_remotely(charger, system)
        await system.station.call(call16.Reset("Hard"))
        await system.wait_for("StopTransaction", reason="HardReset")

        assert len(system.received["BootNotification"]) == 2


async def test_a_reset_on_idle_waits_for_the_end_of_the_charge(system: CentralSystem) -> None:
    charger = make(Charger201, system)
    async with running(charger):
        transaction_id = await start_remotely(charger, system)
        answer = await system.station.call(call201.Reset("OnIdle"))
        assert answer.status == "Scheduled"
        assert len(system.received["BootNotification"]) == 1

        await system.station.call(call201.RequestStopTransaction(transaction_id))
        await system.wait_for("BootNotification", reason="ScheduledReset")


async def test_configuration_keys_are_read_and_changed(system: CentralSystem) -> None:
    async with running(make(Charger16, system)):
        station = system.station
        all_keys = await station.call(call16.GetConfiguration())
        some = await station.call(call16.GetConfiguration(["heartbeatinterval", "Nonsense"]))
        statuses = [
            (await station.call(call16.ChangeConfiguration(key, value))).status
            for key, value in [
                ("MeterValueSampleInterval", "7"),
                ("MeterValueSampleInterval", "seven"),
                ("NumberOfConnectors", "7"),
                ("Nonsense", "7"),
                ("WebSocketPingInterval", "7"),
            ]
        ]
        after = await station.call(call16.GetConfiguration(["MeterValueSampleInterval"]))

    names = {each["key"] for each in all_keys.configuration_key}
    assert {"SupportedFeatureProfiles", "NumberOfConnectors", "AuthorizationKey"} <= names
    assert all(
        "value" not in e for e in all_keys.configuration_key if e["key"] == "AuthorizationKey"
    )
    assert some.configuration_key == [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    ]
    assert some.unknown_key == ["Nonsense"]
    assert statuses == ["Accepted", "Rejected", "Rejected", "NotSupported", "RebootRequired"]
    assert after.configuration_key[0]["value"] == "7"


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_a_new_password_is_used_for_a_new_connection_at_once(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    async with running(make(kind, system, backoff_s=0.01)):
        await system.wait_for("StatusNotification", connector_id=1)
        if kind is Charger16:
            key = b"\x00:secret-bytes\xff\xfe"
            await system.station.call(call16.ChangeConfiguration("AuthorizationKey", key.hex()))
        else:
            key = b"a-new-password-1"
            wanted = {
                "attribute_value": key.decode(),
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
            }
            await system.station.call(call201.SetVariables([wanted]))
        await until(lambda: len(system.authorizations) == 2)

    assert system.authorizations[1] == "Basic " + base64.b64encode(b"CP-1:" + key).decode()


async def test_variables_are_read_and_set_by_the_rules(system: CentralSystem) -> None:
    def wanted(
        component: str, variable: str, value: str | None = None, **more: Any
    ) -> dict[str, Any]:
        place = {"component": {"name": component}, "variable": {"name": variable}}
        return place | more | ({} if value is None else {"attribute_value": value})

    async with running(make(Charger201, system)):
        await system.station.call(
            call201.SetVariables([wanted("sampleddatactrlr", "TXUPDATEDINTERVAL", "9")])
        )
        got = await system.station.call(
            call201.GetVariables(
                [
                    wanted("SampledDataCtrlr", "TxUpdatedInterval"),
                    wanted("Nonsense", "TxUpdatedInterval"),
                    wanted("SampledDataCtrlr", "Nonsense"),
                    wanted("SampledDataCtrlr", "TxUpdatedInterval", attribute_type="Target"),
                    wanted("SecurityCtrlr", "BasicAuthPassword"),
                ]
            )
        )
        put = await system.station.call(
            call201.SetVariables(
                [
                    wanted("AuthCtrlr", "AuthorizeRemoteStart", "maybe"),
                    wanted("ChargingStation", "Model", "Other"),
                    wanted("OCPPCommCtrlr", "NetworkConfigurationPriority", "1,0"),
                ]
            )
        )

    read = [
        (each["attribute_status"], each.get("attribute_value")) for each in got.get_variable_result
    ]
    assert read == [
        ("Accepted", "9"),
        ("UnknownComponent", None),
        ("UnknownVariable", None),
        ("NotSupportedAttributeType", None),
        ("Rejected", None),
    ]
    assert [each["attribute_status"] for each in put.set_variable_result] == [
        "Rejected",
        "Rejected",
        "RebootRequired",
    ]


async def test_a_full_report_comes_in_numbered_parts(system: CentralSystem) -> None:
    async with running(make(Charger201, system)):
        answer = await system.station.call(call201.GetBaseReport(42, "FullInventory"))
        last = await system.wait_for("NotifyReport", tbc=False)

    parts = system.received["NotifyReport"]
    assert answer.status == "Accepted"
    assert last is parts[-1]
    assert [part["seq_no"] for part in parts] == list(range(len(parts)))
    assert {part["request_id"] for part in parts} == {42}
    reported = [item for part in parts for item in part["report_data"]]
    assert len(parts) > 1
    assert {"name": "EVSE", "evse": {"id": 2}} in [item["component"] for item in reported]


async def test_availability_is_changed_at_once_or_after_the_charge(system: CentralSystem) -> None:
    charger = make(Charger16, system)
    async with running(charger):
        transaction_id = await start_remotely(charger, system)
        busy = await system.station.call(call16.ChangeAvailability(1, "Inoperative"))
        free = await system.station.call(call16.ChangeAvailability(2, "Inoperative"))
        await system.wait_for("StatusNotification", connector_id=2, status="Unavailable")
        await system.station.call(call16.RemoteStopTransaction(transaction_id))
        await system.wait_for("StatusNotification", connector_id=1, status="Unavailable")
        refused = await system.station.call(call16.RemoteStartTransaction("04A1B2C3", 1))
        await system.station.call(call16.ChangeAvailability(0, "Operative"))
        await system.wait_for("StatusNotification", number=2, connector_id=1, status="Available")

    assert (busy.status, free.status, refused.status) == ("Scheduled", "Accepted", "Rejected")


async def test_unlocking_ends_a_charge_in_1_6_and_is_refused_in_2_0_1(
    system: CentralSystem,
) -> None:
    charger = make(Charger16, system)
    async with running(charger):
        await start_remotely(charger, system)
        unlocked = await system.station.call(call16.UnlockConnector(1))
        await system.wait_for("StopTransaction", reason="UnlockCommand")
    charger = make(Charger201, system)
    async with running(charger):
        await start_remotely(charger, system)
        kept = await system.station.call(call201.UnlockConnector(1, 1))
        unknown = await system.station.call(call201.UnlockConnector(1, 2))
        idle = await system.station.call(call201.UnlockConnector(2, 1))

    assert unlocked.status == "Unlocked"
    assert kept.status == "OngoingAuthorizedTransaction"
    assert (unknown.status, idle.status) == ("UnknownConnector", "Unlocked")


async def test_triggered_messages_are_sent_or_honestly_refused(system: CentralSystem) -> None:
    async with running(make(Charger16, system)):
        trigger = call16.TriggerMessage
        answers = [
            (await system.station.call(trigger(message, connector))).status
            for message, connector in [
                ("Heartbeat", None),
                ("MeterValues", 1),
                ("FirmwareStatusNotification", None),
                ("StatusNotification", 9),
            ]
        ]
        await system.wait_for("Heartbeat")
        await system.wait_for("MeterValues", connector_id=1)
        await system.wait_for("FirmwareStatusNotification", status="Idle")
    charger = make(Charger201, system)
    async with running(charger):
        boot = await system.station.call(call201.TriggerMessage("BootNotification"))
        unknown = await system.station.call(
            call201.TriggerMessage("SignChargingStationCertificate")
        )
        await start_remotely(charger, system)
        await system.station.call(call201.TriggerMessage("TransactionEvent"))
        await system.wait_for("TransactionEvent", trigger_reason="Trigger")

    assert answers == ["Accepted", "Accepted", "Accepted", "Rejected"]
    assert (boot.status, unknown.status) == ("Rejected", "NotImplemented")


async def test_the_cache_is_cleared_and_a_data_transfer_answered_by_vendor(
    system: CentralSystem,
) -> None:
    charger = make(Charger201, system)
    async with running(charger):
        await start_remotely(charger, system)
        assert charger.accepted_tokens == {"04A1B2C3"}
        cleared = await system.station.call(call201.ClearCache())
        statuses = [
            (await system.station.call(call201.DataTransfer(vendor, message, "x"))).status
            for vendor, message in [("Other", "Echo"), ("Simulated", "?"), ("Simulated", "Echo")]
        ]

    assert cleared.status == "Accepted"
    assert charger.accepted_tokens == set()
    assert statuses == ["UnknownVendorId", "UnknownMessageId", "Accepted"]


async def test_an_action_it_does_not_know_is_answered_not_implemented(
    system: CentralSystem,
) -> None:
    async with running(make(Charger16, system)):
        with pytest.raises(OcppNotImplementedError):
            await system.station.call(call16.GetLocalListVersion(), suppress=False)
