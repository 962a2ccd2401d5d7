"""Limits of core's for chargers that cannot keep them: the gateway stops the transaction."""

from chargepoints.models import Command
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, at
from tests.operated_station import EVSE, Charging, OperatedStation, energy
from tests.running_gateway import RunningGateway


def limited(core: FakeCore, value: str, **limits: float) -> str:
    core.decisions.tokens[value] = {"status": "accepted", "limits": limits}
    return value


def stops(charger: OperatedCharger) -> list[Command]:
    rows = Command.objects.filter(charge_point=charger.row, type="stop")
    return list(rows.order_by("created_at"))


async def meter(charger: OperatedCharger, number: int, *samples: Payload) -> None:
    values = {"timestamp": at(), "sampledValue": list(samples)}
    payload = {"connectorId": 1, "transactionId": number, "meterValue": [values]}
    await charger.call("MeterValues", payload)


async def test_a_transaction_is_stopped_once_at_its_energy(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        tag = limited(core, f"E{identity}"[:20], energy_wh=1000)
        number = (await charger.start(tag, meterStart=100))["transactionId"]
        await meter(charger, number, {"value": "900"})
        assert stops(charger) == []
        await meter(charger, number, {"value": "1100"})
        request = await charger.obey("RemoteStopTransaction", {"status": "Accepted"})
        assert request == {"transactionId": number}
        await meter(charger, number, {"value": "1200", "context": "Trigger"})
        assert [each.requested_by for each in stops(charger)] == ["gateway: limits"]
        await charger.stop(number, meterStop=1200)
        (row,) = charger.transactions()
        assert row.limits == {"energy_wh": 1000, "reached": "energy_wh"}


async def test_a_transaction_is_stopped_at_its_state_of_charge(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedStation.connect(gateway, identity, "ocpp2.0.1") as station:
        token = {"idToken": limited(core, f"S{identity}", soc=80), "type": "ISO14443"}
        charging = Charging(station)
        answer = await charging.tell("Started", "Authorized", idToken=token, evse=EVSE)
        assert set(answer) == {"idTokenInfo"}
        soc = energy(81, measurand="SoC")
        await charging.tell("Updated", "MeterValuePeriodic", meterValue=[soc])
        request = await station.obey("RequestStopTransaction", {"status": "Accepted"})
        assert request == {"transactionId": charging.transaction_id}


async def test_a_transaction_is_stopped_when_its_time_is_over(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        tag = limited(core, f"T{identity}"[:20], time_s=2)
        number = (await charger.start(tag))["transactionId"]
        request = await charger.obey("RemoteStopTransaction", {"status": "Accepted"})
        assert request == {"transactionId": number}


async def test_what_has_ended_is_not_stopped_later(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        tag = limited(core, f"T{identity}"[:20], time_s=3600)
        number = (await charger.start(tag))["transactionId"]
        assert [each.state for each in stops(charger)] == ["queued"]
        await charger.stop(number)
        assert [each.state for each in stops(charger)] == ["cancelled"]
