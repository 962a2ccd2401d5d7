"""A transaction closed by hand through the API, and the real end that comes after all."""

from tests.operated import OperatedCharger, Payload, at
from tests.operated_station import EVSE, Charging, OperatedStation, energy
from tests.running_gateway import RunningGateway


async def close(cp: OperatedCharger) -> Payload:
    """The only transaction, with a reading of ours."""
    (row,) = cp.transactions()
    answer = await cp.api("POST", f"transactions/{row.pk}/close", json={"meter_stop_wh": 700})
    assert answer.status_code == 200, answer.text
    shown: Payload = answer.json()
    assert (shown["open"], shown["meter_stop_source"]) == (False, "stated")
    return shown


async def told(cp: OperatedCharger) -> list[tuple[str, float | None, str | None, str | None]]:
    """What core reads in the feed of this charge point about its transaction."""
    events = (await cp.http("GET", "events")).json()["results"]
    return [
        (
            event["type"].partition(".")[2],
            event["data"]["energy_wh"],
            event["data"]["meter_stop_source"],
            event["data"]["closed_by"],
        )
        for event in sorted(events, key=lambda event: int(event["sequence"]))
        if event["type"] in ("transaction.ended", "transaction.corrected")
    ]


async def settled(cp: OperatedCharger) -> None:
    """The real end holds, everywhere."""
    (row,) = cp.transactions()
    shown = (await cp.api("GET", f"transactions/{row.pk}")).json()
    assert (shown["energy_wh"], shown["closed_by"]) == (1000, None)
    assert shown["meter_stop_source"] == "charger"
    (ended, corrected) = await told(cp)
    assert ended[:3] == ("ended", 600, "stated")
    assert str(ended[3]).startswith("api:")
    assert corrected == ("corrected", 1000, "charger", None)


async def test_the_real_stop_of_1_6_corrects_the_one_by_hand(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG", timestamp=at(hours=3)))["transactionId"]
        await close(cp)
        when = at()
        await cp.stop(number, timestamp=when)
        await cp.stop(number, timestamp=when)
        await settled(cp)


async def test_the_real_end_of_2_0_1_corrects_the_one_by_hand(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        charging = await station.charging()
        begin = [energy(100, "Transaction.Begin")]
        await charging.tell("Updated", "MeterValuePeriodic", meterValue=begin)
        await close(station)
        end = [energy(1100, "Transaction.End")]
        event = charging.event("Ended", "StopAuthorized", meterValue=end)
        await station.call("TransactionEvent", event)
        await station.call("TransactionEvent", event)
        await settled(station)


async def test_meter_values_after_a_close_by_hand_are_still_the_transactions(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG", timestamp=at(hours=3)))["transactionId"]
        await close(cp)
        value = [{"timestamp": at(), "sampledValue": [{"value": "900"}]}]
        late = {"connectorId": 1, "transactionId": number, "meterValue": value}
        assert await cp.call("MeterValues", late) == {}
        (row,) = cp.transactions()
        assert (row.meter_stop_wh, row.meter_values.count()) == (700, 1)


async def test_the_next_transaction_of_2_0_1_on_an_evse_closes_what_was_left_open(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        first = Charging(station)
        long_ago = {"timestamp": at(hours=1), "meterValue": [energy(400)]}
        await first.tell("Started", "CablePluggedIn", "Charging", evse=EVSE, **long_ago)
        second = await station.charging()
        earlier, later = station.transactions()
        assert earlier.transaction_id == first.transaction_id
        assert (earlier.closed_by, earlier.meter_stop_source) == ("next_start", "last_sample")
        assert later.transaction_id == second.transaction_id and later.ended_at is None
