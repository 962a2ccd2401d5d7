"""The feed: every event gets one place, in order for each charge point."""

import threading

import pytest
from django.db import connection, transaction

from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.models import ChargePoint, Event, EventFeed
from chargepoints.services.history import event_feed
from chargepoints.services.stations import registry

pytestmark = pytest.mark.django_db


def tell(charge_point: ChargePoint, *numbers: int) -> None:
    with unit_of_work() as unit:
        for number in numbers:
            unit.emit(charge_point.pk, "charge_point.online", {"number": number})


def test_positions_follow_the_order_of_writing_without_gaps() -> None:
    one, two = registry.register("ONE"), registry.register("TWO")
    tell(one, 1, 2)
    tell(two, 3)
    tell(one, 4)
    assert event_feed.assign_positions() == 4
    rows = Event.objects.order_by("position").values_list("position", "data__number")
    assert list(rows) == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_positions_go_on_where_they_ended_and_are_given_once() -> None:
    one = registry.register("ONE")
    tell(one, 1, 2, 3)
    assert event_feed.assign_positions(limit=2) == 2
    assert event_feed.assign_positions(limit=2) == 1
    assert event_feed.assign_positions(limit=2) == 0
    tell(one, 4)
    assert event_feed.assign_positions() == 1
    assert list(Event.objects.order_by("id").values_list("position", flat=True)) == [1, 2, 3, 4]
    assert EventFeed.objects.get().last_position == 4


@pytest.mark.django_db(transaction=True)
def test_two_that_assign_at_once_give_each_event_one_place() -> None:
    one = registry.register("ONE")
    tell(one, *range(50))

    def assign() -> None:
        while event_feed.assign_positions(limit=7):
            pass
        connection.close()

    threads = [threading.Thread(target=assign) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = Event.objects.order_by("position").values_list("position", "data__number")
    assert list(rows) == [(number + 1, number) for number in range(50)]


def test_the_body_is_the_contracts() -> None:
    one = registry.register("ONE", external_id="core-1")
    with unit_of_work() as unit:
        ocpp = {"version": "1.6", "action": "BootNotification", "message_id": "7", "payload": {}}
        unit.emit(one.pk, "charge_point.booted", {"vendor": "Acme"}, ocpp=ocpp)
    event_feed.assign_positions()
    event = Event.objects.select_related("charge_point").get()
    body = event_feed.event_body(event)
    assert body["occurred_at"].endswith("Z")
    assert body == {
        "id": f"evt_{one.pk}_1",
        "position": 1,
        "type": "charge_point.booted",
        "charge_point": "ONE",
        "external_id": "core-1",
        "sequence": 1,
        "occurred_at": body["occurred_at"],
        "received_at": body["occurred_at"],
        "time_quality": "gateway",
        "backfill": False,
        "deviations": [],
        "data": {"vendor": "Acme"},
        "ocpp": ocpp,
        "trace_id": event_feed.trace_id(event),
    }


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_placed_when_it_does() -> None:
    """SQLite has one writer: ids commit out of order on PostgreSQL alone."""
    early, late = registry.register("EARLY"), registry.register("LATE")
    written, commit = threading.Event(), threading.Event()

    def write_and_wait() -> None:
        with transaction.atomic():
            unit = UnitOfWork()
            unit.emit(late.pk, "charge_point.online", {})
            unit.flush()
            written.set()
            commit.wait(10)
        connection.close()

    thread = threading.Thread(target=write_and_wait)
    thread.start()
    assert written.wait(10)
    tell(early, 1)
    assert event_feed.assign_positions() == 1
    commit.set()
    thread.join()
    assert event_feed.assign_positions() == 1
    rows = Event.objects.order_by("position").values_list("charge_point__identity", flat=True)
    assert list(rows) == ["EARLY", "LATE"]
    assert Event.objects.get(charge_point=late).pk < Event.objects.get(charge_point=early).pk
