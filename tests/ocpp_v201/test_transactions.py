"""E Transactions beyond the test cases: events out of order, and tokens that come one by one."""

from ocpp_v201.version import VERSION
from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation, energy


async def test_what_was_told_before_the_start_stays_known(station: OperatedStation) -> None:
    """A queue that is sent in another order: the Started has no EVSE yet (E03)."""
    charging = Charging(station)
    started = charging.event("Started", "Authorized", idToken=TOKEN)
    plugged_in = charging.event(
        "Updated",
        "CablePluggedIn",
        info={"chargingState": "EVConnected"},
        evse=EVSE,
        reservationId=77,
        meterValue=[energy(10.0, "Transaction.Begin")],
    )
    ended = charging.event("Ended", "StopAuthorized", meterValue=[energy(30.0)])
    for event in (plugged_in, ended, started):
        await station.call("TransactionEvent", event)
    (row,) = station.transactions()
    assert (row.id_token, row.evse_id, row.connector_id) == ("04A1B2", 1, 1)
    assert (row.reservation_id, row.meter_start_wh, row.energy_wh) == (77, 10.0, 20.0)
    assert row.started_at is not None and not row.orphan


async def test_a_transaction_that_has_ended_charges_no_more(station: OperatedStation) -> None:
    charging = Charging(station)
    started = charging.event("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
    ended = charging.event("Ended", "EVCommunicationLost")
    await station.call("TransactionEvent", ended)
    await station.call("TransactionEvent", started)
    (row,) = station.transactions()
    assert row.charging_state == ""


async def test_after_a_refused_token_another_may_charge(station: OperatedStation) -> None:
    """The transaction belongs to the token that was accepted, and stays with it."""
    refused: Payload = {"idToken": "INVALID1", "type": "ISO14443"}
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
    await charging.tell("Updated", "Authorized", idToken=refused)
    await charging.tell("Updated", "Deauthorized")
    await charging.tell("Updated", "Authorized", idToken=TOKEN)
    await charging.tell("Updated", "StopAuthorized", idToken=refused)
    (row,) = station.transactions()
    assert (row.id_token, row.authorization_status) == ("04A1B2", "accepted")
    assert row.stop_id_token == "INVALID1"


async def test_core_is_told_that_a_token_is_there_to_stop(
    station: OperatedStation, core: FakeCore
) -> None:
    """It may well refuse who charges already to start once more."""
    core.decisions.tokens["04FRESH1"] = {"status": "accepted", "cache_ttl_s": 0}
    token: Payload = {"idToken": "04FRESH1", "type": "ISO14443"}
    charging = Charging(station)
    await charging.tell("Started", "Authorized", idToken=token, evse=EVSE)
    await charging.tell("Updated", "StopAuthorized", idToken=token)
    await charging.tell("Ended", "EVCommunicationLost", idToken=token)
    asked = [
        exchange.request["context"]
        for exchange in core.journal.decisions
        if exchange.path == "/authorize"
        and exchange.request["charge_point"] == station.row.identity
    ]
    assert asked == ["start", "stop", "stop"]


def reading(context: str, value: float) -> Payload:
    return {"value": value, "context": context, "measurand": "Energy.Active.Import.Register"}


async def test_an_element_may_hold_the_begin_beside_the_end(station: OperatedStation) -> None:
    """As signed readings do, both of the moment in which the transaction ended."""
    charging = Charging(station)
    await charging.tell("Started", "Authorized", "Charging", idToken=TOKEN, evse=EVSE)
    both = [reading("Transaction.Begin", 100.0), reading("Transaction.End", 600.0)]
    ended = [{"timestamp": at(), "sampledValue": both}]
    await charging.tell("Ended", "StopAuthorized", meterValue=ended)
    (row,) = station.transactions()
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh) == (100.0, 600.0, 500.0)


async def test_the_last_reading_is_the_latest(station: OperatedStation) -> None:
    """J02: an Ended may bring all that was sampled, in whatever order."""
    charging = Charging(station)
    await charging.tell("Started", "Authorized", "Charging", idToken=TOKEN, evse=EVSE)
    told = [
        {"timestamp": at(seconds=1), "sampledValue": [reading("Transaction.End", 700.0)]},
        {"timestamp": at(minutes=5), "sampledValue": [reading("Sample.Periodic", 400.0)]},
        {"timestamp": at(minutes=9), "sampledValue": [reading("Transaction.Begin", 100.0)]},
    ]
    await charging.tell("Ended", "StopAuthorized", meterValue=told)
    (row,) = station.transactions()
    assert (row.meter_start_wh, row.meter_stop_wh) == (100.0, 700.0)


async def test_what_is_sampled_at_the_end_is_the_latest_and_nothing_flows(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    closing = energy(7500.0, "Transaction.End")
    closing["sampledValue"] += [
        {"value": 80.0, "measurand": "SoC", "context": "Transaction.End"},
        {"value": 11000.0, "measurand": "Power.Active.Import", "context": "Transaction.End"},
    ]
    await charging.tell("Updated", "MeterValuePeriodic", meterValue=[energy(150.0)])
    await charging.tell("Ended", "EVCommunicationLost", meterValue=[closing])
    (row,) = station.transactions()
    assert (row.meter_stop_wh, row.meter_latest_wh, row.soc_percent) == (7500.0, 7500.0, 80.0)
    assert row.power_w is None


async def test_an_event_that_is_told_again_gets_the_answer_it_got(
    station: OperatedStation, core: FakeCore
) -> None:
    """P4: whatever core says of its token now, which is in use by this very transaction."""
    token: Payload = {"idToken": f"T-{station.row.identity}"[:36], "type": "ISO14443"}
    accepted = {"status": "accepted", "group_id_token": "G", "personal_message": "Welcome"}
    core.decisions.tokens[token["idToken"]] = accepted | {"cache_ttl_s": 0}
    started = Charging(station).event("Started", "Authorized", idToken=token, evse=EVSE)
    first = await station.call("TransactionEvent", started)
    assert first["idTokenInfo"]["personalMessage"]["content"] == "Welcome"
    core.decisions.tokens[token["idToken"]] = {"status": "concurrent_tx"}
    assert await station.call("TransactionEvent", started | {"offline": True}) == first
    await station.reconnect()
    assert await station.call("TransactionEvent", started) == first
    asked = [
        exchange
        for exchange in core.journal.decisions
        if exchange.path == "/authorize"
        and exchange.request["charge_point"] == station.row.identity
    ]
    assert len(asked) == 1
    (row,) = station.transactions()
    assert (row.authorization_status, row.events.count()) == ("accepted", 1)


async def test_an_event_in_conflict_gets_the_answer_it_got(
    station: OperatedStation, core: FakeCore
) -> None:
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    charging.seq_no = 0
    token: Payload = {"idToken": f"C-{station.row.identity}"[:36], "type": "ISO14443"}
    other = charging.event("Updated", "Authorized", idToken=token)
    core.decisions.tokens[token["idToken"]] = {"status": "accepted", "cache_ttl_s": 0}
    first = await station.call("TransactionEvent", other)
    core.decisions.tokens[token["idToken"]] = {"status": "blocked"}
    assert await station.call("TransactionEvent", other) == first
    (row,) = station.transactions()
    assert sorted(row.events.values_list("seq_no", "conflict")) == [(0, False), (0, True)]


async def test_a_station_that_gives_all_events_one_number_loses_neither_token_nor_energy(
    station: OperatedStation,
) -> None:
    charging = Charging(station)
    for event_type, trigger, more in (
        ("Started", "CablePluggedIn", {"evse": EVSE, "meterValue": [energy(10.0)]}),
        ("Updated", "Authorized", {"idToken": TOKEN}),
        ("Ended", "EVCommunicationLost", {"meterValue": [energy(30.0, "Transaction.End")]}),
    ):
        charging.seq_no = 0
        await charging.tell(event_type, trigger, **more)
    (row,) = station.transactions()
    assert (row.id_token, row.energy_wh) == ("04A1B2", 20.0)
    assert row.ended_at is not None
    assert len(station.events("transaction.ended")) == 1
    assert sorted(row.events.values_list("conflict", flat=True)) == [False, True, True]


async def test_an_end_that_is_told_again_costs_what_it_did(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "MeterValuePeriodic")
    station.row.transactions.update(total_cost=3.5)
    ended = charging.event("Ended", "EVDeparted")
    first = await station.call("TransactionEvent", ended)
    assert first == {"totalCost": 3.5}
    station.row.transactions.update(total_cost=4.0)
    assert await station.call("TransactionEvent", ended) == first


def test_of_events_only_one_with_a_token_waits_for_a_decision() -> None:
    handler = VERSION.handlers["TransactionEvent"]
    assert not handler.may_ask({"eventType": "Updated", "meterValue": []})
    assert handler.may_ask({"eventType": "Updated", "idToken": TOKEN})
    assert handler.may_ask("no object")
