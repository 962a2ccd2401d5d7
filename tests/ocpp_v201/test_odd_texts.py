"""Texts of 2.0.1 that are too long, or no word of the specification: nothing is lost by them."""

from typing import Any

from chargepoints.models import Transaction, Variable
from tests.operated import at
from tests.operated_station import Charging, OperatedStation
from tests.running_gateway import RunningGateway


async def test_a_transaction_with_an_id_that_is_far_too_long_is_one_from_start_to_end(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        charging = Charging(station)
        charging.transaction_id = "7" * 300
        started = charging.event("Started", "CablePluggedIn")
        for _ in range(2):
            assert await station.call("TransactionEvent", started) == {}
        await charging.tell("Updated", "ChargingStateChanged")
        await charging.tell("Ended", "EVDeparted")
        transaction = Transaction.objects.get(charge_point=station.row)
        assert transaction.ended_at is not None
        assert transaction.events.count() == 3


async def test_variables_whose_names_differ_where_no_column_reaches_are_taken(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        report = [
            {
                "component": {"name": f"{'C' * 50}{number}"},
                "variable": {"name": "Enabled"},
                "variableAttribute": [{"value": str(number)}],
            }
            for number in range(2)
        ]
        told = {"requestId": 1, "generatedAt": at(), "seqNo": 0, "reportData": report}
        assert await station.call("NotifyReport", told) == {}
        assert Variable.objects.get(charge_point=station.row).reported == "1"


async def test_a_car_s_schedule_in_a_unit_that_is_spelled_oddly_is_compared_with_the_limits(
    gateway: RunningGateway, identity: str
) -> None:
    def of(unit: str, limit: float) -> dict[str, Any]:
        period = {"startPeriod": 0, "limit": limit}
        return {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": [period]}

    async with await OperatedStation.connect(gateway, identity) as station:
        await Charging(station).tell("Started", "CablePluggedIn", evse={"id": 1})
        limit = {"chargingLimitSource": "SO"}
        told = {"evseId": 1, "chargingLimit": limit, "chargingSchedule": [of("A", 10)]}
        await station.call("NotifyChargingLimit", told)
        for amperes, status in ((16, "Rejected"), (8, "Accepted")):
            told = {"timeBase": at(), "evseId": 1, "chargingSchedule": of("Amps", amperes)}
            answer = await station.call("NotifyEVChargingSchedule", told)
            assert answer["status"] == status


async def test_a_token_of_any_length_is_answered(gateway: RunningGateway, identity: str) -> None:
    token = {"idToken": {"idToken": "x" * 50_001, "type": "y" * 50_001}}
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.call("Authorize", token)
        charging = Charging(station)
        started = charging.event("Started", "Authorized") | token
        answer = await station.call("TransactionEvent", started)
        assert await station.call("TransactionEvent", started) == answer
        transaction = Transaction.objects.get(charge_point=station.row)
        assert (transaction.id_token, transaction.events.count()) == ("x" * 255, 1)
