"""Events on their way to core, through a real HTTP server: every one, in order, signed."""

import logging
import time
from functools import partial
from typing import Any

import pytest
from django.db import InternalError
from django.db.models import ProtectedError
from django.utils import timezone
from pytest_django import Settings

from chargepoints.services.history.event_feed import assign_positions
from core_link import endpoints
from core_link.delivery import claims, housekeeping, lanes, worker
from core_link.models import Delivery, Endpoint, Lane
from tests.core_link.delivery.delivering import (
    NEW_SECRET,
    SECRET,
    all_delivered,
    charge_points,
    deliver_once,
    tell,
    the_endpoint,
    until,
    working,
)
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_long_feed_is_read_in_pages_and_arrives_complete(
    core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P16: on SQLite chargers wait for the transaction that reads it."""
    monkeypatch.setattr(lanes, "FEED_PAGE", 4)
    for point in charge_points(3):
        tell(point, 3)
    assign_positions()
    endpoints.follow_environment()
    (first,) = claims.take(the_endpoint().pk, 1)
    assert len(first.events) == 4
    assert the_endpoint().read_through == 4
    Delivery.objects.update(claimed_until=None)
    deliver_once()
    assert all_delivered()
    told = [(event["charge_point"], event["sequence"]) for event in core.journal.events]
    assert sorted(told) == [(f"CP-{n}", sequence) for n in (1, 2, 3) for sequence in (1, 2, 3)]


def test_events_arrive_complete_and_in_order(core: FakeCore) -> None:
    points = charge_points(5)
    for _ in range(4):
        for point in points:
            tell(point, 3)
    with working():
        until(all_delivered)
    assert len(core.journal.events) == 60
    assert core.journal.sequence_faults() == []


def test_what_is_told_while_the_worker_runs_is_on_its_way_at_once(core: FakeCore) -> None:
    (point,) = charge_points(1)
    with working():
        until(Endpoint.objects.exists)
        begun = time.monotonic()
        tell(point)
        until(lambda: core.journal.events)
        assert time.monotonic() - begun < 10


def test_events_of_many_charge_points_share_a_delivery(core: FakeCore) -> None:
    for point in charge_points(20):
        tell(point, 2)
    deliver_once()
    (delivery,) = core.journal.deliveries
    assert len(delivery.request["events"]) == 40
    assert delivery.request["backlog"] == 0
    assert delivery.request["delivery_id"] == delivery.headers["webhook-id"]
    assert Delivery.objects.get().state == Delivery.State.DELIVERED


def test_a_delivery_has_a_hundred_events_at_most_and_tells_how_many_wait(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point, 250)
    deliver_once()
    sizes = [len(each.request["events"]) for each in core.journal.deliveries]
    assert sizes == [100, 100, 50]
    assert [each.request["backlog"] for each in core.journal.deliveries] == [150, 50, 0]


def test_a_charge_points_next_events_wait_for_the_ones_before(core: FakeCore) -> None:
    one, two = charge_points(2)
    tell(one)
    core.fail(slow_ms=400, times=1)
    with working():
        until(Delivery.objects.exists)
        tell(one)
        tell(two)
        until(lambda: core.journal.events_of("CP-2"))
        assert core.journal.events_of("CP-1") == []
        until(all_delivered)
    assert core.journal.sequence_faults() == []


def test_several_requests_are_under_way_at_once(core: FakeCore) -> None:
    for point in charge_points(4):
        tell(point, 100)
    core.fail(slow_ms=2000)
    begun = time.monotonic()
    deliver_once()
    assert len(core.journal.deliveries) == 4
    assert time.monotonic() - begun < 4 * 2


# --- Signatures ---------------------------------------------------------------------------------


def test_each_secret_of_a_rotation_verifies_a_delivery(settings: Settings) -> None:
    (point,) = charge_points(1)
    for known_to_core in (SECRET, NEW_SECRET):
        with FakeCore(secrets=[known_to_core]) as core:
            settings.EVENTS_URL = core.url + "/events"
            settings.EVENTS_SECRETS = [NEW_SECRET, SECRET]
            tell(point)
            deliver_once()
            (delivery,) = core.journal.deliveries
            assert delivery.status == 200
            assert delivery.headers["webhook-signature"].count("v1,") == 2


def test_an_unknown_signature_is_not_taken_for_a_bad_event(
    core: FakeCore, settings: Settings, impatient: None
) -> None:
    settings.EVENTS_SECRETS = [NEW_SECRET]
    for point in charge_points(3):
        tell(point)
    with working():
        until(lambda: len(core.journal.deliveries) > 8)
        assert set(Delivery.objects.values_list("strikes", flat=True)) == {0}
        settings.EVENTS_SECRETS = [SECRET]
        until(all_delivered)
    assert len(core.journal.events) == 3


# --- A core that fails --------------------------------------------------------------------------

FAULTS: dict[str, dict[str, Any]] = {
    "down": {"down": True},
    "error": {"status": 500},
    "too many": {"status": 429},
    "redirect": {"status": 302, "location": "http://127.0.0.1:1/"},
    "not found": {"status": 404},
    "bad request": {"status": 400},
    "slow": {"slow_ms": 2000},
    "garbage": {"garbage": True},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_nothing_is_lost_or_out_of_order_when_core_fails(
    core: FakeCore, impatient: None, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(worker, "POST_TIMEOUT_S", 0.3)
    points = charge_points(6)
    core.fail(**fault, times=3)
    with working():
        for _ in range(3):
            for point in points:
                tell(point, 2)
            time.sleep(0.05)
        until(all_delivered)
    assert core.journal.sequence_faults() == []
    assert {len(events) >= 6 for events in core.journal.by_charge_point().values()} == {True}
    assert not Delivery.objects.filter(state=Delivery.State.DEAD).exists()


def test_a_retry_is_the_same_message_under_the_same_id(core: FakeCore, impatient: None) -> None:
    for point in charge_points(3):
        tell(point, 2)
    core.fail(status=503, times=1)
    with working():
        until(all_delivered)
    ids = {each.headers["webhook-id"] for each in core.journal.deliveries}
    bodies = [each.request["events"] for each in core.journal.deliveries]
    assert len(ids) == 1
    assert bodies[0] == bodies[1]
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.strikes) == (2, 0)


def test_a_core_that_is_down_is_probed_by_one_delivery_at_a_time(
    core: FakeCore, impatient: None
) -> None:
    points = charge_points(10)
    for point in points:
        tell(point, 3)
    core.fail(status=500, slow_ms=20)
    with working():
        until(lambda: the_endpoint().down_since)
        until(lambda: the_endpoint().failures >= 2)
        while len(core.journal.deliveries) < 15:
            assert Delivery.objects.exclude(claimed_until=None).count() <= 1
        assert set(Delivery.objects.values_list("strikes", flat=True)) == {0}
        core.faults.clear()
        until(all_delivered)
    assert core.journal.sequence_faults() == []
    assert the_endpoint().down_since is None


def test_retry_after_is_honoured(core: FakeCore, impatient: None) -> None:
    (point,) = charge_points(1)
    tell(point)
    core.fail(status=429, retry_after=1, times=1)
    begun = time.monotonic()
    with working():
        until(lambda: len(core.journal.deliveries) == 1)
        tell(point)
        until(all_delivered)
    assert time.monotonic() - begun > 0.9


def test_gone_disables_the_endpoint_until_somebody_resumes_it(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point)
    core.fail(status=410, times=1)
    deliver_once()
    endpoint = the_endpoint()
    assert not endpoint.enabled
    assert "410" in endpoint.disabled_reason
    deliver_once()
    assert len(core.journal.deliveries) == 1
    endpoints.resume(endpoint)
    deliver_once()
    assert all_delivered()


def test_a_delivery_without_an_answer_is_cut_off(
    core: FakeCore, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POST_TIMEOUT_S", 0.2)
    (point,) = charge_points(1)
    tell(point)
    core.fail(slow_ms=30_000)
    begun = time.monotonic()
    with working():
        until(lambda: Delivery.objects.filter(last_error="no answer in time").exists())
        assert time.monotonic() - begun < 15
        core.faults.clear()
        until(all_delivered)


# --- Acknowledged in part -----------------------------------------------------------------------


def test_what_was_acknowledged_in_part_goes_on_where_it_ended(core: FakeCore) -> None:
    points = charge_points(3)
    for point in points:
        tell(point, 4)
    core.fail(acknowledge_first=5, times=2)
    deliver_once()
    assert all_delivered()
    sizes = [len(each.request["events"]) for each in core.journal.deliveries]
    assert sum(sizes[:1]) == 12
    assert len({each.headers["webhook-id"] for each in core.journal.deliveries}) == len(sizes)
    assert len(core.journal.events) == 12
    assert core.journal.sequence_faults() == []


def test_who_acknowledges_nothing_gets_it_again(core: FakeCore, impatient: None) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    core.fail(acknowledge_first=0, times=2)
    with working():
        until(all_delivered)
    assert len(core.journal.events) == 3


def test_a_database_that_takes_no_writes_is_waited_for(
    core: FakeCore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (point,) = charge_points(1)
    tell(point)
    refusals = iter([InternalError("cannot execute UPDATE in a read-only transaction")])

    def refuse_once(most: int) -> int:
        if refusal := next(refusals, None):
            raise refusal
        return assign_positions(most)

    monkeypatch.setattr(worker, "assign_positions", refuse_once)
    with caplog.at_level(logging.WARNING), working():
        until(all_delivered)
    (record,) = caplog.records
    assert record.message.startswith("waiting for the database: cannot execute UPDATE")


# --- Housekeeping -------------------------------------------------------------------------------


def test_deliveries_that_are_done_are_kept_for_a_while_only(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point)
    deliver_once()
    housekeeping.tidy()
    assert Delivery.objects.count() == 1
    Delivery.objects.update(finished_at=timezone.now() - housekeeping.DELIVERED_KEPT)
    housekeeping.tidy()
    assert Delivery.objects.count() == 0
    assert Lane.objects.get().delivered_through == 1


def test_a_charge_point_stays_as_long_as_its_events_are_on_their_way(
    core: FakeCore, impatient: None
) -> None:
    one, two = charge_points(2)
    tell(one)
    tell(two)
    core.fail(status=500)
    with working():
        until(lambda: Delivery.objects.filter(attempts__gt=0).exists())
    with pytest.raises(ProtectedError):
        one.delete()
    core.faults.clear()
    with working():
        until(all_delivered)
    one.delete()
    assert {event["charge_point"] for event in core.journal.events} == {"CP-1", "CP-2"}


def has_under_way(running: worker.Worker, count: int) -> bool:
    return len(running._under_way) == count


def test_while_core_holds_all_requests_news_does_not_hurry_the_worker(
    core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STEP_EVERY_S", 0.1)
    points = charge_points(worker.PARALLEL)
    steps: list[float] = []
    step = worker.Worker._step

    def counted(self: worker.Worker) -> bool:
        steps.append(time.monotonic())
        return step(self)

    monkeypatch.setattr(worker.Worker, "_step", counted)
    core.fail(slow_ms=4000, times=worker.PARALLEL)
    with working() as running:
        for count, point in enumerate(points, start=1):
            tell(point)
            until(partial(has_under_way, running, count))
        begun = time.monotonic()
        while (took_s := time.monotonic() - begun) < 1 and has_under_way(running, len(points)):
            tell(points[0])
            time.sleep(0.02)
        taken = sum(begun <= at <= begun + took_s for at in steps)
        core.faults.clear()
        until(all_delivered)
    # One at each end, and one for the first answer.
    assert taken <= took_s / worker.STEP_EVERY_S + 3
