"""A vehicle that a charger tells of: in the question to core, the transaction, and its events."""

from typing import Any

import pytest

from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger
from tests.operated_station import EVSE, Charging, OperatedStation, alert
from tests.running_gateway import RunningGateway

VIN = "WVWZZZ1KZAW000001"
CAR = {"id": VIN, "type": "vin"}


def asked_with(core: FakeCore, identity: str) -> list[Any]:
    return [
        each.request["vehicle"]
        for each in core.journal.decisions
        if each.path == "/authorize" and each.request["charge_point"] == identity
    ]


async def tell(charger: OperatedCharger, message_id: str, data: Any) -> None:
    await charger.call(
        "DataTransfer", {"vendorId": "com.acme", "messageId": message_id, "data": data}
    )


@pytest.mark.parametrize(
    ("message_id", "data"),
    [("VIN", VIN.lower()), ("VehicleInfo", f'{{"connectorId": 1, "VIN": "{VIN}"}}')],
)
async def test_a_vin_that_a_vendor_tells_before_the_start_is_in_the_question_and_the_transaction(
    gateway: RunningGateway, core: FakeCore, identity: str, message_id: str, data: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.status(1, "Preparing")
        await tell(charger, message_id, data)
        await charger.start(identity)  # a token that core has not been asked about
        assert asked_with(core, identity) == [CAR]
        (row,) = charger.transactions()
        assert row.vehicle == CAR
        (started,) = charger.events("transaction.started")
        assert started.data["vehicle"] == CAR
        await charger.stop(int(row.transaction_id))
        await charger.start("04A2", meterStart=2000)
        assert charger.transactions()[1].vehicle is None


async def test_a_vehicle_is_told_of_an_open_transaction_and_core_hears_of_it_once(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        one = (await charger.start("04A1", 1))["transactionId"]
        await charger.start("04A2", 2)
        for _ in range(2):
            await tell(
                charger, "info", f'{{"transactionId": {one}, "evccId": "8c:8b:5b:6d:2a:10"}}'
            )
        (updated,) = charger.events("transaction.updated")
        assert updated.data["vehicle"] == {"id": "8C:8B:5B:6D:2A:10", "type": "evccid"}
        first, second = charger.transactions()
        assert first.vehicle == updated.data["vehicle"]
        assert second.vehicle is None


async def test_a_vehicle_at_an_unknown_place_is_of_no_transaction_where_there_are_several(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        for connector in (1, 2):
            await charger.status(connector, "Available")
        await tell(charger, "VIN", VIN)
        await charger.start("04A1", 1)
        assert charger.transactions()[0].vehicle is None


@pytest.mark.parametrize("data", ["not a VIN", '{"vin": "TOO-SHORT"}', '{"vin": 7}', "[1]", ""])
async def test_what_is_no_vehicle_is_none(
    gateway: RunningGateway, identity: str, data: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await tell(charger, "vehicle", data)
        await charger.start("04A1")
        assert charger.transactions()[0].vehicle is None


async def test_a_station_of_2_0_1_tells_of_a_vehicle_in_both_ways(
    station: OperatedStation, core: FakeCore
) -> None:
    await tell(station, "vehicle", {"evseId": 1, "vin": VIN})
    charging = Charging(station)
    token = {"idToken": station.row.identity, "type": "Central"}
    await charging.tell("Started", "Authorized", "Charging", idToken=token, evse=EVSE)
    assert asked_with(core, station.row.identity) == [CAR]
    assert station.transactions()[0].vehicle == CAR
    event = alert("ConnectedEV", "VehicleId", "8C8B5B6D2A10", 1)
    await station.call("NotifyEvent", event)
    told = station.events("transaction.updated")[-1].data["vehicle"]
    assert told == {"id": "8C8B5B6D2A10", "type": "evccid"}
