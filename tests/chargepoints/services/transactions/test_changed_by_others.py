"""What the process remembers of a transaction, and what staff, core or another process changed."""

import asyncio
from typing import Any

from chargepoints.models import ChargePoint, DecidedBy, MeterValue, Transaction, TransactionEvent
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, at, eventually
from tests.operated_station import EVSE, Charging, OperatedStation, energy
from tests.running_gateway import RunningGateway


async def close(charger: OperatedCharger, row: Transaction) -> None:
    response = await charger.api("POST", f"transactions/{row.pk}/close", json={})
    assert response.status_code == 200, response.text


def changed_elsewhere(row: Transaction, **columns: Any) -> None:
    """By another process, which the one that holds the socket hears nothing of."""
    assert Transaction.objects.filter(pk=row.pk).update(**columns) == 1


async def test_samples_after_a_closing_by_hand_belong_to_no_transaction(
    station: OperatedStation,
) -> None:
    await station.charging()
    await station.call("MeterValues", {"evseId": 1, "meterValue": [energy(10.0)]})
    (row,) = station.transactions()
    await close(station, row)
    await station.call("MeterValues", {"evseId": 1, "meterValue": [energy(20.0)]})
    values = MeterValue.objects.filter(charge_point=station.row).order_by("id")
    assert [value.transaction_id for value in values] == [row.pk, None]
    row.refresh_from_db()
    assert row.meter_latest_wh == 10.0 and row.closed_by.startswith("api:")


async def test_a_status_after_a_closing_by_hand_changes_nothing_of_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.start("04A1B2")
        await charger.status(1, "Charging")
        (row,) = charger.transactions()
        await close(charger, row)
        before = len(charger.events("transaction.updated"))
        await charger.status(1, "SuspendedEV")
        row.refresh_from_db()
        assert row.charging_state == ""
        assert len(charger.events("transaction.updated")) == before


async def test_an_event_after_a_closing_by_hand_leaves_it_closed(station: OperatedStation) -> None:
    charging = await station.charging()
    (row,) = station.transactions()
    await close(station, row)
    await charging.tell("Updated", "MeterValuePeriodic", "SuspendedEV", meterValue=[energy(30.0)])
    row.refresh_from_db()
    assert row.ended_at is not None and row.closed_by.startswith("api:")
    assert (row.last_seq_no, row.power_w) == (charging.seq_no - 1, None)


async def test_core_is_told_the_verdict_that_another_process_has_corrected(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    (row,) = station.transactions()
    changed_elsewhere(row, authorization_status="blocked", decided_by=DecidedBy.CORE)
    await charging.tell("Updated", "ChargingStateChanged", "SuspendedEVSE")
    told = station.events("transaction.updated")[-1].data
    assert (told["authorization_status"], told["charging_state"]) == ("blocked", "SuspendedEVSE")


async def test_an_event_that_another_process_has_taken_is_a_repetition(
    station: OperatedStation,
) -> None:
    """The station has sent it there, over a socket that was opened and lost meanwhile."""
    charging = await station.charging()
    (row,) = station.transactions()
    event = charging.event("Updated", "MeterValuePeriodic", meterValue=[energy(40.0)])
    assert await station.call("TransactionEvent", event) == {}
    taken = TransactionEvent.objects.get(transaction=row, seq_no=event["seqNo"])
    again = charging.event("Updated", "MeterValuePeriodic", meterValue=[energy(50.0)])
    await station.reconnect()
    assert await station.call("TransactionEvent", again) == {}
    # Over this socket, too, it is only known from the other one.
    TransactionEvent.objects.filter(transaction=row, seq_no=again["seqNo"]).update(
        seq_no=again["seqNo"] + 1, digest=taken.digest
    )
    changed_elsewhere(row, last_seq_no=again["seqNo"] + 1)
    known = event | {"seqNo": again["seqNo"] + 1}
    assert await station.call("TransactionEvent", known) == {}
    numbers = row.events.filter(seq_no=again["seqNo"] + 1)
    assert [each.conflict for each in numbers] == [False, True]


async def test_after_a_takeover_the_new_socket_knows_what_the_old_one_has_told(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        charging = await station.charging()
        old = station.charger
        station.charger = await gateway.connect(identity, "ocpp2.0.1")
        await charging.tell("Updated", "ChargingStateChanged", "SuspendedEV")
        await charging.tell("Updated", "ChargingStateChanged", "Charging")
        (row,) = station.transactions()
        assert (row.charging_state, row.last_seq_no) == ("Charging", charging.seq_no - 1)
        await old.close()


async def test_a_transaction_that_was_deleted_is_told_of_anew(station: OperatedStation) -> None:
    charging = await station.charging()
    (row,) = station.transactions()
    Transaction.objects.filter(pk=row.pk).delete()
    await charging.tell("Updated", "MeterValuePeriodic", meterValue=[energy(60.0)])
    (anew,) = station.transactions()
    assert anew.pk != row.pk and anew.orphan and anew.meter_latest_wh == 60.0


async def test_a_cost_that_was_stated_meanwhile_is_in_the_answer_to_the_end(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    (row,) = station.transactions()
    changed_elsewhere(row, total_cost=12.5)
    answer = await charging.tell("Ended", "EVCommunicationLost")
    assert answer["totalCost"] == 12.5


async def test_of_a_station_that_ends_nothing_all_transactions_are_found(
    station: OperatedStation,
) -> None:
    """More than are remembered."""
    all_of_them = [Charging(station) for _ in range(35)]
    for number, charging in enumerate(all_of_them):
        evse = EVSE | {"id": number + 1}
        await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=evse)
    first = all_of_them[0]
    await first.tell("Updated", "ChargingStateChanged", "Charging")
    await station.call("MeterValues", {"evseId": 1, "meterValue": [energy(70.0)]})
    row = station.transactions()[0]
    assert (row.charging_state, row.meter_latest_wh) == ("Charging", 70.0)
    assert len(station.transactions()) == 35


async def test_a_neighbours_message_is_not_lost_where_what_was_remembered_was_wrong(
    station: OperatedStation, gateway: RunningGateway, identity: str
) -> None:
    """They may be of one transaction, which is undone, and then each is run by itself."""
    charging = await station.charging()
    (row,) = station.transactions()
    changed_elsewhere(row, ended_at=at(), charging_state="")
    async with await OperatedStation.connect(gateway, f"{identity}-2") as neighbour:
        beside = await neighbour.charging()
        for told in (charging, beside):
            await told.tell("Updated", "MeterValuePeriodic", meterValue=[energy(80.0)])
        (other,) = neighbour.transactions()
        assert other.meter_latest_wh == 80.0
    row.refresh_from_db()
    assert row.ended_at is not None
    assert await eventually(lambda: ChargePoint.objects.get(pk=station.row.pk).connection_id)


async def test_a_start_that_another_process_has_taken_while_core_decides_is_a_repetition(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        when, tag = at(minutes=3), f"M-{identity}"
        core.decisions.tokens[tag] = {"status": "accepted", "cache_ttl_s": 0}
        first = await cp.start(tag, timestamp=when)
        (row,) = cp.transactions()
        told = cp.events("transaction.started")
        as_if_it_were_new = Transaction.objects.filter(pk=row.pk)
        as_if_it_were_new.update(start_key=None)
        core.fail(path="/authorize", slow_ms=1000, times=1)
        again = asyncio.create_task(cp.start(tag, timestamp=when))
        await eventually(lambda: not core.faults.active())
        as_if_it_were_new.update(start_key=row.start_key)
        assert await again == first
        assert len(cp.transactions()) == 1
        assert cp.events("transaction.started") == told
