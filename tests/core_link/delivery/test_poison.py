"""An event that core does not take: it is found, it holds up its own charge point, it ends."""

from functools import partial

import pytest

from chargepoints.event_types import EventType
from chargepoints.models import Event
from chargepoints.services.stations.registry import register
from core_link import resending
from core_link.delivery import lanes, schedule
from core_link.models import DeadLetter, Delivery, Lane
from tests.core_link.delivery.delivering import (
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

BAD: EventType = "charge_point.security_event"
# What core says to a delivery with the bad event: that it is bad, or nothing of the sort.
# One that is about the content, and one that by itself says nothing of it; then the others.
SAYINGS = pytest.mark.parametrize(
    "status",
    [422, 500, *(pytest.param(status, marks=pytest.mark.slow) for status in (400, 413, 404))],
)


def sequences(core: FakeCore, charge_point: str) -> list[int]:
    return [event["sequence"] for event in core.journal.events_of(charge_point)]


def has_come(core: FakeCore, charge_point: str, count: int) -> bool:
    return len(sequences(core, charge_point)) >= count


@SAYINGS
def test_a_bad_event_becomes_a_dead_letter_and_all_others_arrive(
    core: FakeCore, impatient: None, status: int
) -> None:
    points = charge_points(4)
    core.fail(status=status, event_type=BAD)
    for point in points:
        tell(point, 10)
    tell(points[1], 1, BAD)
    for point in points:
        tell(point, 10)
    with working():
        # Core takes something now and then: that is how it is known not to be down.
        while not DeadLetter.objects.exists():
            tell(points[0])
            until(lambda: Lane.objects.filter(charge_point=points[0], delivery=None).exists())
        until(all_delivered)
    letter = DeadLetter.objects.get()
    assert (letter.event.charge_point, letter.event.sequence) == (points[1], 11)
    assert str(status) in letter.error
    assert sequences(core, "CP-2") == [*range(1, 11), *range(12, 22)]
    assert sequences(core, "CP-3") == list(range(1, 21))


def test_a_number_of_any_size_is_delivered(core: FakeCore) -> None:
    """PostgreSQL gives 1e300, which a charger may say, back with all its 301 digits."""
    (point,) = charge_points(1)
    tell(point)
    Event.objects.update(data={"number": 10**300})
    deliver_once()
    (event,) = core.journal.events_of("CP-1")
    assert event["data"] == {"number": 1e300}


@pytest.mark.expected_errors("a delivery could not be sent")
def test_an_event_that_cannot_be_written_becomes_a_dead_letter_and_all_others_arrive(
    core: FakeCore, impatient: None
) -> None:
    bad, good = charge_points(2)
    tell(bad, 3)
    tell(good, 3)
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    Event.objects.filter(charge_point=bad, sequence=2).update(data={"deep": deep})
    with working():
        until(all_delivered)
    letter = DeadLetter.objects.get()
    assert (letter.event.charge_point, letter.event.sequence) == (bad, 2)
    assert sequences(core, "CP-1") == [1, 3]
    assert sequences(core, "CP-2") == [1, 2, 3]


def test_a_bad_event_gets_all_its_attempts_under_one_id(core: FakeCore, impatient: None) -> None:
    (point,) = charge_points(1)
    core.fail(status=422, event_type=BAD)
    tell(point, 1, BAD)
    with working():
        until(DeadLetter.objects.exists)
    ids = {each.headers["webhook-id"] for each in core.journal.deliveries}
    assert len(ids) == 1
    assert len(core.journal.deliveries) == 1 + len(schedule.RETRY_DELAYS_S)


@SAYINGS
def test_meanwhile_only_its_own_charge_point_waits(core: FakeCore, status: int) -> None:
    bad, *others = charge_points(6)
    core.fail(status=status, event_type=BAD)
    tell(bad, 5)
    tell(bad, 1, BAD)
    tell(bad, 5)
    for other in others:
        tell(other, 5)
    with working():
        for number in range(2, 7):
            tell(others[0])
            until(partial(has_come, core, f"CP-{number}", 5))
        tell(others[1], 5)
        until(lambda: has_come(core, "CP-3", 10))
        while sequences(core, "CP-1") != [1, 2, 3, 4, 5]:
            tell(others[0])
            until(lambda: Lane.objects.filter(charge_point=others[0], delivery=None).exists())
    assert sequences(core, "CP-1") == [1, 2, 3, 4, 5]
    assert not DeadLetter.objects.exists()


def test_the_suspected_charge_point_travels_in_full_batches_again(
    core: FakeCore, impatient: None
) -> None:
    (point,) = charge_points(1)
    core.fail(status=422, event_type=BAD)
    tell(point, 1, BAD)
    tell(point, 400)
    with working():
        until(all_delivered)
    assert Lane.objects.get().batch_limit is None
    assert max(len(each.request["events"]) for each in core.journal.deliveries[-2:]) > 1


def test_once_core_takes_it_nothing_has_been_lost(core: FakeCore, impatient: None) -> None:
    points = charge_points(3)
    core.fail(status=422, event_type=BAD, times=3)
    for point in points:
        tell(point, 3)
        tell(point, 1, BAD)
        tell(point, 3)
    with working():
        until(all_delivered)
    assert core.journal.sequence_faults() == []
    assert not DeadLetter.objects.exists()


def test_a_core_that_refused_everything_gets_everything_soon_after_it_was_mended(
    core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "RETRY_DELAYS_S", [3600])
    points = charge_points(12)
    for point in points:
        tell(point)
    core.fail(status=400)
    with working():
        until(lambda: Delivery.objects.filter(strikes=1).count() == 12)
        core.faults.clear()
        tell(register("CP-LATE"))
        until(all_delivered)
    assert core.journal.sequence_faults() == []


# --- Dead letters and resending -----------------------------------------------------------------


def test_a_dead_letter_can_be_sent_again(core: FakeCore, impatient: None) -> None:
    (point,) = charge_points(1)
    core.fail(status=422, event_type=BAD)
    tell(point, 1, BAD)
    with working():
        until(DeadLetter.objects.exists)
    core.faults.clear()
    assert resending.resend_dead_letters(DeadLetter.objects.all()) == 1
    deliver_once()
    assert sequences(core, "CP-1") == [1]
    assert DeadLetter.objects.get().resent_at


def test_a_dead_letter_that_is_refused_again_is_a_dead_letter_again(
    core: FakeCore, impatient: None
) -> None:
    (point,) = charge_points(1)
    core.fail(status=422, event_type=BAD)
    tell(point, 2, BAD)
    with working():
        until(lambda: DeadLetter.objects.count() == 2)
        resending.resend_dead_letters(DeadLetter.objects.all())
        until(lambda: DeadLetter.objects.filter(resent_at=None).count() == 2)


def test_events_picked_by_hand_are_sent_again(core: FakeCore) -> None:
    one, two = charge_points(2)
    tell(one, 3)
    tell(two, 3)
    deliver_once()
    core.journal.clear()
    assert resending.resend(the_endpoint(), Event.objects.filter(sequence=2)) == 2
    deliver_once()
    assert [(e["charge_point"], e["sequence"]) for e in core.journal.events] == [
        ("CP-1", 2),
        ("CP-2", 2),
    ]


def test_a_range_is_sent_again_in_order_beside_what_is_new(core: FakeCore) -> None:
    one, two = charge_points(2)
    tell(one, 250)
    tell(two, 50)
    deliver_once()
    core.journal.clear()
    endpoint = the_endpoint()
    assert resending.resend_range(endpoint, 101, 300) == 2
    with working():
        tell(one, 5)
        until(lambda: len(core.journal.events) == 205)
    assert sorted(sequences(core, "CP-2")) == list(range(1, 51))
    again = [number for number in sequences(core, "CP-1") if number <= 250]
    assert again == list(range(101, 251))


def test_all_since_a_moment_is_sent_again(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    deliver_once()
    tell(point, 3)
    deliver_once()
    moment = Event.objects.get(sequence=4).received_at
    core.journal.clear()
    assert resending.resend_since(the_endpoint(), moment) == 1
    deliver_once()
    assert sequences(core, "CP-1") == [4, 5, 6]
    assert resending.resend_since(the_endpoint(), moment) == 1
    deliver_once()
    assert sequences(core, "CP-1") == [4, 5, 6, 4, 5, 6]


def test_what_was_not_sent_yet_is_not_sent_before_its_turn(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    deliver_once()
    lane = Lane.objects.get()
    core.fail(status=422, times=1)
    tell(point, 300)
    lanes.read_feed(lane.endpoint)
    assert resending.resend_range(lane.endpoint, 10, 20) == 0


def test_an_older_range_asked_for_meanwhile_is_taken_in(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point, 300)
    deliver_once()
    core.journal.clear()
    endpoint = the_endpoint()
    resending.resend_range(endpoint, 200, 300)
    resending.resend_range(endpoint, 100, 150)
    deliver_once()
    assert sequences(core, "CP-1") == list(range(100, 301))
