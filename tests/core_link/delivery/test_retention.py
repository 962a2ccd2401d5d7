"""`manage.py prune`, and the events that it may not touch."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from chargepoints.models import ChargePoint, Event
from core_link import resending
from core_link.models import DeadLetter, Endpoint
from tests.core_link.delivery.delivering import charge_points, deliver_once, tell, the_endpoint
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def charge_point() -> ChargePoint:
    return charge_points(1)[0]


def old_news(charge_point: ChargePoint, count: int = 3) -> None:
    tell(charge_point, count)
    Event.objects.update(received_at=timezone.now() - timedelta(days=91))


def sequences() -> list[int]:
    call_command("prune")
    return list(Event.objects.order_by("sequence").values_list("sequence", flat=True))


def test_old_events_that_were_delivered_go_and_the_numbers_go_on(
    core: FakeCore, charge_point: ChargePoint
) -> None:
    old_news(charge_point)
    deliver_once()
    tell(charge_point)
    assert sequences() == [4]
    deliver_once()
    tell(charge_point)
    deliver_once()
    assert [event["sequence"] for event in core.journal.events] == [1, 2, 3, 4, 5]


def test_events_that_an_endpoint_was_not_told_stay(
    core: FakeCore, charge_point: ChargePoint
) -> None:
    old_news(charge_point)
    assert sequences() == [1, 2, 3]  # no event worker has run
    deliver_once()
    Endpoint.objects.create(name="another", url=core.url, enabled=False)
    assert sequences() == [1, 2, 3]  # it is paused, and has not read them


def test_events_on_their_way_to_an_endpoint_stay(core: FakeCore, charge_point: ChargePoint) -> None:
    old_news(charge_point)
    deliver_once()
    resending.resend(the_endpoint(), Event.objects.filter(sequence=2))
    assert sequences() == [2]
    resending.resend_range(the_endpoint(), 1, 3)
    assert sequences() == [2]


def test_dead_letters_stay_until_they_are_sent_again(
    core: FakeCore, charge_point: ChargePoint
) -> None:
    old_news(charge_point)
    deliver_once()
    letter = DeadLetter.objects.create(
        endpoint=the_endpoint(), event=Event.objects.get(sequence=2), error="400"
    )
    assert sequences() == [2]
    DeadLetter.objects.filter(pk=letter.pk).update(resent_at=timezone.now())
    assert sequences() == []


def test_without_an_endpoint_old_events_go_and_0_days_keep_them_all(
    settings: Settings, charge_point: ChargePoint
) -> None:
    settings.EVENTS_URL = ""
    old_news(charge_point)
    settings.KEEP_EVENTS_DAYS = 0
    assert sequences() == [1, 2, 3]
    settings.KEEP_EVENTS_DAYS = 90
    assert sequences() == []
