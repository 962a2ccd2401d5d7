"""What a TransactionEvent of 2.1 tells and is answered beyond 2.0.1."""

import pytest
from django.utils import timezone

from chargepoints.services.device_model import variables
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, eventually
from tests.operated_station import EVSE, Charging, OperatedStation, energy
from tests.running_gateway import RunningGateway

LIMITS: Payload = {"energy_wh": 2000, "time_s": 7200, "cost": 25.5, "soc": 80}


def token(station: OperatedStation | OperatedCharger, type: str = "ISO14443") -> Payload:
    return {"idToken": f"T-{station.row.identity}", "type": type}


def decides(core: FakeCore, value: str, **more: object) -> None:
    core.decisions.tokens[value] = {"status": "accepted"} | more


async def test_core_s_limits_are_told_to_the_station(
    station: OperatedStation, core: FakeCore
) -> None:
    """E16: it keeps them itself."""
    mine = token(station)
    decides(core, mine["idToken"], limits=LIMITS)
    charging = Charging(station)
    answer = await charging.tell("Started", "Authorized", idToken=mine, evse=EVSE)
    assert answer["transactionLimit"] == {
        "maxEnergy": 2000,
        "maxTime": 7200,
        "maxCost": 25.5,
        "maxSoC": 80,
    }
    await charging.tell("Updated", "MeterValuePeriodic", meterValue=[energy(0)])
    await charging.tell("Updated", "MeterValuePeriodic", meterValue=[energy(9000)])
    (row,) = station.transactions()
    assert row.limits == LIMITS
    listed = (await station.http("GET", "commands")).json()["results"]
    assert listed == []


async def test_the_driver_s_limits_are_told_to_core(station: OperatedStation) -> None:
    """E16.FR.01: set at the station."""
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    info = {"transactionLimit": {"maxSoC": 60}}
    await charging.tell("Updated", "LimitSet", info=info)
    told = station.events("transaction.updated")[-1].data
    assert told["limits"] == {"soc": 60}


async def test_cost_mode_and_preconditioning_are_told_to_core(station: OperatedStation) -> None:
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    cost = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 1.0}},
        "totalUsage": {"energy": 1.5, "chargingTime": 60, "idleTime": 0},
    }
    info = {"operationMode": "ChargingOnly", "tariffId": "NIGHT"}
    more: Payload = {"costDetails": cost, "preconditioningStatus": "Ready", "evseSleep": False}
    await charging.tell("Updated", "RunningCost", info=info, **more)
    details = {
        "cost": cost,
        "preconditioning": "Ready",
        "ev_asleep": False,
        "operation_mode": "ChargingOnly",
        "tariff_id": "NIGHT",
    }
    assert station.events("transaction.updated")[-1].data["details"] == details
    listed = (await station.api("GET", f"transactions/{station.transactions()[0].pk}")).json()
    assert listed["details"] == details


async def test_a_transaction_is_resumed_after_a_reset(station: OperatedStation) -> None:
    """E: ImmediateAndResume, then TxResumed under the same id."""
    charging = await station.charging()
    request, _ = await station.command(
        "reset", {"type": "immediate_and_resume"}, "Reset", {"status": "Accepted"}
    )
    assert request == {"type": "ImmediateAndResume"}
    await station.reconnect()
    await station.boot("RemoteReset")
    await charging.tell("Updated", "TxResumed", "Charging")
    await charging.tell("Ended", "EVDeparted")
    (row,) = station.transactions()
    assert (row.ended_at is None, row.orphan, row.superseded) == (False, False, False)


async def test_earlier_versions_cannot_resume(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity, "ocpp2.0.1") as station:
        refused = await station.refuses("reset", {"type": "immediate_and_resume"})
        assert refused["code"] == "not_supported"


@pytest.mark.parametrize("type", ["EVCCID", "VIN", "MacAddress"])
async def test_a_vehicle_is_told_by_its_token(station: OperatedStation, type: str) -> None:
    mine = token(station, type)
    await Charging(station).tell("Started", "Authorized", idToken=mine, evse=EVSE)
    vehicle = {"id": mine["idToken"], "type": "vin" if type == "VIN" else "evccid"}
    assert station.events("transaction.started")[-1].data["vehicle"] == vehicle


async def test_a_vehicle_is_told_beside_a_token(station: OperatedStation, core: FakeCore) -> None:
    """Appendices, 6.1: with ISO 15118-20 the EVCCID is told as additionalInfo."""
    beside = [{"additionalIdToken": "WMIV1234567890", "type": "EVCCID"}]
    mine = token(station, "eMAID") | {"additionalInfo": beside}
    await station.call("Authorize", {"idToken": mine})
    asked = [each.request for each in core.journal.decisions]
    mine_asked = [each for each in asked if each["charge_point"] == station.row.identity]
    assert mine_asked[-1]["vehicle"] == {"id": "WMIV1234567890", "type": "evccid"}


async def test_earlier_versions_tell_a_vehicle_too(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.start("VID:8C8B5B6D2A10")
        (row,) = charger.transactions()
        assert row.vehicle == {"id": "8C8B5B6D2A10", "type": "evccid"}
        seen = (await charger.api("GET", f"transactions/{row.pk}")).json()
        assert seen["vehicle"] == {"id": "8C8B5B6D2A10", "type": "evccid"}


async def test_a_tariff_and_the_allowed_energy_transfer_come_with_the_token(
    station: OperatedStation, core: FakeCore
) -> None:
    """I07.FR.01, Q01.FR.06."""
    mine = token(station)
    tariff = {"tariffId": "NIGHT", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.3}]}}
    decides(core, mine["idToken"], tariff=tariff, energy_transfer=["DC", "DC_BPT"])
    answer = await station.call("Authorize", {"idToken": mine})
    assert answer["tariff"] == tariff
    assert answer["allowedEnergyTransfer"] == ["DC", "DC_BPT"]
    decides(core, mine["idToken"], status="blocked", tariff=tariff)
    assert set(await station.call("Authorize", {"idToken": mine})) == {"idTokenInfo"}


async def test_connector_status_by_event_and_by_status_notification_is_one_change(
    station: OperatedStation,
) -> None:
    before = len(station.events("connector.status_changed"))
    await station.connector_is("Occupied")
    assert len(await eventually(lambda: station.events("connector.status_changed"))) == before + 1


async def test_a_limit_that_the_station_does_not_support_is_kept_by_the_gateway(
    station: OperatedStation, core: FakeCore
) -> None:
    """E16.FR.12; what the station says of its own limits leaves core's others (FR.17)."""
    reported = variables.Reported(
        "SupportedLimits", "maxTime,maxSoC", component="TxCtrlr", mutability="ReadOnly"
    )
    variables.store(station.row.pk, [reported], timezone.now())
    mine = token(station)
    decides(core, mine["idToken"], limits=LIMITS)
    charging = Charging(station)
    begin = energy(0, "Transaction.Begin")
    answer = await charging.tell(
        "Started", "Authorized", idToken=mine, evse=EVSE, meterValue=[begin]
    )
    assert answer["transactionLimit"] == {"maxTime": 7200, "maxSoC": 80}
    confirmed = {"transactionLimit": {"maxTime": 7200, "maxSoC": 80}}
    await charging.tell("Updated", "LimitSet", info=confirmed)
    await charging.tell("Updated", "MeterValuePeriodic", meterValue=[energy(2100)])
    stopped = await station.obey("RequestStopTransaction", {"status": "Accepted"})
    assert stopped == {"transactionId": charging.transaction_id}
    (row,) = station.transactions()
    assert row.limits == LIMITS | {"reached": "energy_wh"}
