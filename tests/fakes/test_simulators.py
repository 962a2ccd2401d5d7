"""The simulated chargers boot, charge and reconnect as real ones do."""

import asyncio
import base64
from typing import Any

import pytest
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

from tests.fakes.charging import Pace
from tests.fakes.csms import CentralSystem
from tests.fakes.outlet import Plate, StopCause
from tests.fakes.simulator import SimulatedCharger
from tests.fakes.simulator_v16 import Charger16
from tests.fakes.simulator_v201 import Charger201
from tests.fakes.trials import HASTY, make, running, start_remotely, until

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
