"""Transactions as real chargers tell them: repeated, replayed, out of order, with odd ids."""

import pytest

from chargepoints.models import Event, Message, MeterValue, Transaction
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, at
from tests.running_gateway import RunningGateway


def energy(value: str, ago_s: int = 0, **more: str) -> list[Payload]:
    return [{"timestamp": at(seconds=ago_s), "sampledValue": [{"value": value, **more}]}]


def deviations(cp: OperatedCharger, action: str) -> list[str]:
    """Those of the newest message of this action."""
    message = Message.objects.filter(charge_point=cp.row, action=action).first()
    assert message is not None
    found: list[str] = message.deviations
    return found


async def test_a_repeated_start_gets_the_same_id_and_one_row(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        when = at(minutes=3)
        first = await cp.start("TAG", timestamp=when)
        again = await cp.start("tag", timestamp=when)
        await cp.reconnect()
        after_reconnect = await cp.start("TAG", timestamp=when)
        written_otherwise = await cp.start("TAG", timestamp=when.replace("Z", ".000+00:00"))
        assert first == again == after_reconnect == written_otherwise
        assert len(cp.transactions()) == 1
        assert len(cp.events("transaction.started")) == 1


async def test_a_start_repeated_with_a_clock_that_was_not_set_gets_the_same_id(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        first = await cp.start("TAG", timestamp="1970-01-01T00:01:00Z")
        assert await cp.start("TAG", timestamp="1970-01-01T00:01:00Z") == first
        assert await cp.start("TAG", timestamp="1970-01-01T00:09:00Z") != first


async def test_a_repeated_start_gets_the_verdict_it_got_whatever_core_says_of_its_token_now(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    tag, expiry = f"T-{identity}", "2030-01-01T00:00:00Z"
    accepted = {"status": "accepted", "group_id_token": "G", "expires_at": expiry}
    core.decisions.tokens[tag] = accepted | {"cache_ttl_s": 0}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        when = at(minutes=3)
        first = await cp.start(tag, timestamp=when)
        assert first["idTagInfo"] == {
            "status": "Accepted",
            "parentIdTag": "G",
            "expiryDate": expiry,
        }
        # The token is in use: by the very transaction that is told again.
        core.decisions.tokens[tag] = {"status": "concurrent_tx"}
        assert await cp.start(tag, timestamp=when) == first
        await cp.reconnect()
        assert await cp.start(tag, timestamp=when) == first


async def test_core_is_told_where_and_when_a_replayed_stop_was(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    began, ended, tag = at(minutes=50), at(minutes=20), f"S-{identity}"
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start(f"T-{identity}", timestamp=began))["transactionId"]
        await cp.stop(number, idTag=tag, timestamp=ended)
    (asked,) = [
        each.request
        for each in core.journal.decisions
        if each.request.get("id_token", {}).get("value") == tag
    ]
    assert (asked["context"], asked["transaction_id"]) == ("stop", str(number))
    assert (asked["evse_id"], asked["connector_id"], asked["offline"]) == (1, 1, True)
    assert asked["occurred_at"][:19] == ended[:19]


async def test_a_repeated_stop_gets_the_verdict_it_got(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    tag = f"S-{identity}"
    core.decisions.tokens[tag] = {"status": "accepted", "cache_ttl_s": 0}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start(tag))["transactionId"]
        when = at()
        first = await cp.stop(number, idTag=tag, timestamp=when)
        assert first == {"idTagInfo": {"status": "Accepted"}}
        core.decisions.tokens[tag] = {"status": "blocked"}
        asked = len(core.journal.decisions)
        assert await cp.stop(number, idTag=tag, timestamp=when) == first
        await cp.reconnect()
        assert await cp.stop(number, idTag=tag, timestamp=when) == first
        assert len(cp.events("transaction.ended")) == 1
        mine = [each.request.get("charge_point") for each in core.journal.decisions[asked:]]
        assert identity not in mine


async def test_the_same_message_twice_gets_the_same_reply(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = {"connectorId": 1, "idTag": "TAG", "meterStart": 5, "timestamp": at()}
        first = await cp.call("StartTransaction", payload, "one-id")
        assert await cp.call("StartTransaction", payload, "one-id") == first
        assert len(cp.transactions()) == 1


async def test_a_reused_message_id_with_other_content_is_a_new_message(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        first = await cp.call(
            "StartTransaction",
            {"connectorId": 1, "idTag": "A", "meterStart": 5, "timestamp": at(minutes=2)},
            "1",
        )
        second = await cp.call(
            "StartTransaction",
            {"connectorId": 2, "idTag": "B", "meterStart": 9, "timestamp": at(minutes=1)},
            "1",
        )
        assert first["transactionId"] != second["transactionId"]


@pytest.mark.parametrize("status", ["blocked", "expired", "invalid"])
async def test_a_start_with_a_token_that_may_not_charge_is_kept(
    gateway: RunningGateway, identity: str, core: FakeCore, status: str
) -> None:
    core.decisions.tokens[f"T-{identity}"] = {"status": status}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start(f"T-{identity}")
        assert answer["idTagInfo"]["status"] == status.capitalize()
        assert answer["transactionId"] > 0
        (transaction,) = cp.transactions()
        assert transaction.authorization_status == status


@pytest.mark.parametrize("number", [0, -1])
async def test_a_stop_without_a_usable_id_ends_the_one_that_it_can_mean(
    gateway: RunningGateway, identity: str, number: int
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.start("TAG-A", connector=1)
        await cp.start("TAG-B", connector=2)
        await cp.stop(number, idTag="TAG-B")
        ended = [row for row in cp.transactions() if row.ended_at]
        assert [row.id_token for row in ended] == ["TAG-B"]


async def test_a_stop_without_a_usable_id_that_is_told_again_ends_nothing_more(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.start("TAG-A", connector=1)
        when = at()
        first = await cp.stop(-1, idTag="TAG-A", timestamp=when)
        await cp.start("TAG-A", connector=2, meterStart=7)
        assert await cp.stop(-1, idTag="TAG-A", timestamp=when) == first
        assert [row.ended_at is None for row in cp.transactions()] == [False, True]
        assert len(cp.events("transaction.ended")) == 1


async def test_a_stop_of_an_unknown_transaction_is_kept_as_an_orphan(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        when = at(hours=20)
        await cp.stop(987654, timestamp=when)
        await cp.stop(987654, timestamp=when)
        (orphan,) = cp.transactions()
        assert orphan.orphan and orphan.meter_stop_wh == 1100
        assert "unknown_transaction" in deviations(cp, "StopTransaction")
        assert len(cp.events("transaction.ended")) == 1


async def test_a_null_transaction_id_is_acknowledged_where_the_connector_tells(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.start("TAG")
        payload = {"connectorId": 1, "transactionId": None, "meterValue": energy("150")}
        assert await cp.call("MeterValues", payload) == {}
        (transaction,) = cp.transactions()
        assert transaction.meter_latest_wh == 150


async def test_another_charge_points_transaction_is_never_touched(
    gateway: RunningGateway, identity: str
) -> None:
    async with (
        await OperatedCharger.connect(gateway, identity) as cp,
        await OperatedCharger.connect(gateway, f"{identity}-other") as other,
    ):
        number = (await cp.start("TAG"))["transactionId"]
        await other.stop(number)
        (transaction,) = cp.transactions()
        assert transaction.ended_at is None
        (orphan,) = other.transactions()
        assert orphan.orphan


async def test_a_repeated_stop_changes_nothing_and_the_first_wins(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG"))["transactionId"]
        when = at()
        await cp.stop(number, timestamp=when)
        await cp.stop(number, timestamp=when)
        await cp.stop(number, meterStop=5555)
        (transaction,) = cp.transactions()
        assert transaction.meter_stop_wh == 1100
        assert "conflicting_stop" in deviations(cp, "StopTransaction")
        assert len(cp.events("transaction.ended")) == 1


async def test_a_stop_that_comes_before_its_start_is_joined_with_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.stop(-1, idTag="TAG", timestamp=at(hours=1))
        await cp.start("TAG", timestamp=at(hours=2))
        (transaction,) = cp.transactions()
        assert not transaction.orphan
        assert transaction.energy_wh == 1000


async def test_a_transaction_left_open_is_closed_by_the_next_on_its_connector(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("FIRST", timestamp=at(hours=3)))["transactionId"]
        payload = {"connectorId": 1, "transactionId": number, "meterValue": energy("600", 7200)}
        await cp.call("MeterValues", payload)
        await cp.start("OTHER CONNECTOR", connector=2, timestamp=at(hours=1))
        await cp.start("SECOND", timestamp=at(minutes=1))
        first, elsewhere, second = cp.transactions()
        assert (first.closed_by, first.energy_wh) == ("next_start", 500)
        assert elsewhere.ended_at is None and second.ended_at is None
        (ended,) = cp.events("transaction.ended")
        assert ended.data["closed_by"] == "next_start"


async def test_a_replayed_start_closes_nothing_that_is_newer(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.start("NEW", timestamp=at(minutes=1))
        await cp.start("OLD", timestamp=at(hours=5))
        newer = Transaction.objects.get(charge_point=cp.row, id_token="NEW")
        assert newer.ended_at is None


async def test_meter_values_without_a_transaction_go_to_the_open_one(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.start("TAG")
        await cp.call("MeterValues", {"connectorId": 1, "meterValue": energy("250")})
        value = MeterValue.objects.get(charge_point=cp.row)
        assert value.transaction == cp.transactions()[0]


async def test_meter_values_of_connector_0_belong_to_the_station(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.start("TAG")
        await cp.call("MeterValues", {"connectorId": 0, "meterValue": energy("9000")})
        value = MeterValue.objects.get(charge_point=cp.row)
        assert (value.evse_id, value.transaction) == (None, None)


async def test_closing_meter_values_after_the_stop_are_taken(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG"))["transactionId"]
        await cp.stop(number)
        late = {
            "connectorId": 1,
            "transactionId": number,
            "meterValue": energy("1100", context="Transaction.End"),
        }
        assert await cp.call("MeterValues", late) == {}
        value = MeterValue.objects.get(charge_point=cp.row)
        assert value.transaction == cp.transactions()[0]
        assert cp.transactions()[0].meter_stop_wh == 1100


async def test_one_measurand_in_two_contexts_is_two_samples(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG"))["transactionId"]
        when = at()
        for context in ("Sample.Periodic", "Sample.Clock"):
            sampled = [{"value": "200", "context": context}]
            value = [{"timestamp": when, "sampledValue": sampled}]
            payload = {"connectorId": 1, "transactionId": number, "meterValue": value}
            await cp.call("MeterValues", payload)
        assert MeterValue.objects.filter(charge_point=cp.row, conflict=False).count() == 2


async def test_repeated_meter_values_are_written_once(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = {"connectorId": 1, "meterValue": energy("42", 60)}
        for _ in range(3):
            await cp.call("MeterValues", payload)
        await cp.reconnect()
        await cp.call("MeterValues", payload)
        assert MeterValue.objects.filter(charge_point=cp.row).count() == 1
        assert len(cp.events("meter_values.recorded")) == 1


async def test_an_object_in_the_place_of_a_list_and_empty_samples_are_taken(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        bare = {"timestamp": at(), "sampledValue": {"value": "77"}}
        assert await cp.call("MeterValues", {"connectorId": 1, "meterValue": bare}) == {}
        empty = {"timestamp": at(), "sampledValue": []}
        assert await cp.call("MeterValues", {"connectorId": 1, "meterValue": [empty]}) == {}
        assert MeterValue.objects.get(charge_point=cp.row).energy_wh == 77


async def test_a_sample_without_a_value_costs_the_others_nothing(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        sampled = [{"value": None, "measurand": "SoC"}, "odd", {"value": "77", "unit": {}}]
        meter_value = [{"timestamp": at(), "sampledValue": sampled}]
        assert await cp.call("MeterValues", {"connectorId": 1, "meterValue": meter_value}) == {}
        kept = MeterValue.objects.get(charge_point=cp.row)
        assert (kept.energy_wh, kept.samples) == (77, [{"value": "77"}])
        assert "type:/meterValue/0/sampledValue/1" in deviations(cp, "MeterValues")


@pytest.mark.parametrize("data", ["odd", [None, 7], [{}], [{"timestamp": 1, "sampledValue": 5}]])
async def test_a_stop_is_taken_whatever_its_transaction_data_hold(
    gateway: RunningGateway, identity: str, data: object
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        started = await cp.start("TAG", reservationId={"odd": 1})
        await cp.stop(started["transactionId"], transactionData=data, idTag=["odd"])
        (transaction,) = cp.transactions()
        assert transaction.ended_at is not None and transaction.meter_stop_source == "charger"


async def test_kilowatt_hours_are_scaled_to_watt_hours(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        values = energy("1.5", unit="kWh")
        await cp.call("MeterValues", {"connectorId": 1, "meterValue": values})
        assert MeterValue.objects.get(charge_point=cp.row).energy_wh == 1500


async def test_a_register_that_fell_back_is_flagged(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG", meterStart=90000))["transactionId"]
        await cp.stop(number, meterStop=1200)
        assert "register_fell_back" in deviations(cp, "StopTransaction")
        event = Event.objects.get(charge_point=cp.row, type="transaction.ended")
        assert "register_fell_back" in event.deviations


async def test_samples_on_another_scale_than_the_register_are_flagged(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG", meterStart=50000))["transactionId"]
        payload = {"connectorId": 1, "transactionId": number, "meterValue": energy("59.9")}
        await cp.call("MeterValues", payload)
        await cp.stop(number, meterStop=60000)
        assert "samples_on_another_scale" in deviations(cp, "StopTransaction")
        assert cp.transactions()[0].energy_wh == 10000
