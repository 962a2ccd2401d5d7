"""The simulated chargers do what real ones do, on the wire and between messages."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from ocpp.exceptions import NotImplementedError as OcppNotImplementedError
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

from tests.fakes.charging import Pace
from tests.fakes.csms import CentralSystem, central_system
from tests.fakes.outlet import Plate, StopCause
from tests.fakes.simulator import SimulatedCharger
from tests.fakes.simulator_v16 import Charger16
from tests.fakes.simulator_v201 import Charger201

# A vehicle stays at the outlet until it is told to go: nothing happens that a test did not ask.
PATIENT = Pace(speed=1, handling_s=(0.01, 0.02), pauses_one_in=0)
# A full charge in about a second.
HASTY = Pace(
    speed=20_000,
    first_vehicle_s=(0.2, 0.2),
    gap_s=(60, 60),
    handling_s=(0.01, 0.02),
    pauses_one_in=1,
)
TOKEN = {"idToken": "04A1B2C3", "type": "ISO14443"}


@pytest.fixture
async def system() -> AsyncIterator[CentralSystem]:
    async with central_system() as system:
        yield system


@asynccontextmanager
async def running(charger: SimulatedCharger) -> AsyncIterator[None]:
    life = asyncio.create_task(charger.run())
    try:
        async with asyncio.timeout(10):
            await charger.online.wait()
        yield
    finally:
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life


def make(kind: type[SimulatedCharger], system: CentralSystem, **changes: Any) -> Any:
    options = {"pace": PATIENT, "plate": Plate(outlets=2), "sample_interval_s": 0}
    any_kind: Any = kind
    return any_kind("CP-1", system.url, "secret", **(options | changes))


async def until(condition: Callable[[], bool], within: float = 10) -> None:
    for _ in range(round(within / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


async def start_remotely(charger: SimulatedCharger, system: CentralSystem) -> Any:
    """Start a charge by the back end; return the id of its transaction."""
    if isinstance(charger, Charger16):
        await system.station.call(call16.RemoteStartTransaction("04A1B2C3", 1))
        await system.wait_for("StatusNotification", connector_id=1, status="Charging")
    else:
        await system.station.call(call201.RequestStartTransaction(TOKEN, 7, 1))
        await system.wait_for("TransactionEvent", trigger_reason="ChargingStateChanged")
    await until(lambda: all(each.acknowledged for each in charger.journal))
    transaction = charger.outlets[0].transaction
    return transaction and transaction.transaction_id


# --- registration -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_it_boots_with_its_password_and_reports_every_connector(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    async with running(make(kind, system)):
        await system.wait_for("StatusNotification", connector_id=1)

    expected = "Basic " + base64.b64encode(b"CP-1:secret").decode()
    assert system.authorizations == [expected]
    assert list(system.received)[0] == "BootNotification"


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_it_says_nothing_until_its_boot_is_accepted(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    system.boot_answers = [("Pending", 1), ("Rejected", 1)]

    async with running(make(kind, system)):
        boots = list(system.received["BootNotification"])
        await system.wait_for("StatusNotification", connector_id=1)

    assert len(boots) == 3
    assert list(system.received) == ["BootNotification", "StatusNotification"]


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_a_pending_charger_boots_again_when_it_is_triggered(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    system.boot_answers = [("Pending", 3600)]
    charger = make(kind, system)
    life = asyncio.create_task(charger.run())
    await system.wait_for("BootNotification")
    module = call16 if kind is Charger16 else call201

    answer = await system.station.call(module.TriggerMessage("BootNotification"))

    assert answer.status == "Accepted"
    await system.wait_for("BootNotification", number=2)
    await charger.online.wait()
    life.cancel()


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_heartbeats_follow_the_interval_of_the_boot(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    system.boot_answers = [("Accepted", 1)]

    async with running(make(kind, system)):
        await system.wait_for("Heartbeat", number=2)


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_it_reconnects_without_a_boot_when_the_socket_goes(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    async with running(make(kind, system, backoff_s=0.01)):
        await system.wait_for("StatusNotification", connector_id=1)
        assert system.connection
        system.connection.transport.abort()
        await until(lambda: len(system.authorizations) == 2)
        await system.wait_for("StatusNotification", number=3)

    assert len(system.received["BootNotification"]) == 1


# --- charging -----------------------------------------------------------------------------------


async def test_a_charge_in_1_6_goes_from_preparing_to_available(system: CentralSystem) -> None:
    charger = make(Charger16, system, pace=HASTY, plate=Plate(), sample_interval_s=1)
    charger.configuration.keys["MeterValueSampleInterval"].value = "1"
    async with running(charger):
        await system.wait_for("StatusNotification", number=2, connector_id=1, status="Available")

    states = [s["status"] for s in system.received["StatusNotification"] if s["connector_id"] == 1]
    start, stop = system.received["StartTransaction"][0], system.received["StopTransaction"][0]
    assert states[:3] == ["Available", "Preparing", "Charging"]
    assert states[-2:] == ["Finishing", "Available"]
    assert stop["transaction_id"] == 1
    assert stop["meter_stop"] - start["meter_start"] > 30_000


async def test_a_charge_in_2_0_1_is_one_transaction_without_a_hole(system: CentralSystem) -> None:
    charger = make(Charger201, system, pace=HASTY, plate=Plate(), sample_interval_s=1)
    async with running(charger):
        await system.wait_for(
            "StatusNotification", number=2, evse_id=1, connector_status="Available"
        )

    events = system.received["TransactionEvent"]
    assert [event["seq_no"] for event in events] == list(range(len(events)))
    assert (events[0]["event_type"], events[-1]["event_type"]) == ("Started", "Ended")
    assert len({event["transaction_info"]["transaction_id"] for event in events}) == 1
    assert events[0]["id_token"]["id_token"] == "04A1B2C3"


def samples(reading: dict[str, Any]) -> dict[str, float]:
    return {each["measurand"]: float(each["value"]) for each in reading["sampled_value"]}


async def test_the_power_falls_when_the_battery_is_nearly_full(system: CentralSystem) -> None:
    pace = Pace(
        speed=600,
        first_vehicle_s=(0, 0),
        arrival=(0.7, 0.7),
        departure=(0.99, 0.99),
        pauses_one_in=0,
    )
    charger = make(Charger16, system, pace=pace, plate=Plate(), sample_interval_s=1)
    async with running(charger):
        first = await system.wait_for("MeterValues", number=1)
        later = await system.wait_for("MeterValues", number=4)

    begin, end = samples(first["meter_value"][0]), samples(later["meter_value"][0])
    assert begin["Power.Active.Import"] == pytest.approx(22_000, rel=0.02)
    assert end["Power.Active.Import"] < 0.9 * begin["Power.Active.Import"]
    assert end["SoC"] > begin["SoC"] > 70
    assert end["Energy.Active.Import.Register"] > begin["Energy.Active.Import.Register"]
    three_phases = begin["Current.Import"] * begin["Voltage"] * 3
    assert three_phases == pytest.approx(begin["Power.Active.Import"], rel=0.02)


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_a_driver_with_a_blocked_token_gets_no_power(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    charger = make(kind, system, pace=HASTY, plate=Plate(), id_tokens=("BLOCKED1",))
    free: dict[str, Any] = {"status": "Available"}
    if kind is Charger201:
        free = {"connector_status": "Available"}
    async with running(charger):
        await system.wait_for("StatusNotification", number=2, connector_id=1, **free)

    assert len(system.received["Authorize"]) == 1
    assert not system.received["StartTransaction"]
    assert not system.received["TransactionEvent"]


@pytest.mark.parametrize("kind", [Charger16, Charger201])
async def test_the_end_of_a_charge_is_held_until_there_is_a_connection(
    system: CentralSystem, kind: type[SimulatedCharger]
) -> None:
    charger = make(kind, system, backoff_s=0.5)
    async with running(charger):
        await start_remotely(charger, system)
        await charger.disconnect()
        await until(lambda: not charger.online.is_set())
        charger.outlets[0].ask_stop(StopCause.EV_DISCONNECTED)
        if kind is Charger16:
            await system.wait_for("StopTransaction", reason="EVDisconnected")
        else:
            ended = await system.wait_for("TransactionEvent", event_type="Ended")
            assert ended["offline"] is True


# --- commands -----------------------------------------------------------------------------------


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
