"""What core was told, and what not, stands in the story of a charge point."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chargepoints.models import ChargePoint, Event
from chargepoints.services.history.story import Line, Span
from core_link import story_lines
from core_link.models import DeadLetter, Endpoint, Lane
from tests.chargepoints.admin.conftest import admin_client, charge_point

__all__ = ["admin_client", "charge_point"]


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    """Core, which has received the first two events of the charge point."""
    row = Endpoint.objects.create(
        name="EVENTS_URL", url="https://core.example.com", from_environment=True, read_through=3
    )
    Endpoint.objects.update(created_at=timezone.now() - timedelta(days=1))
    row.refresh_from_db()
    return row


@pytest.fixture
def lane(endpoint: Endpoint, charge_point: ChargePoint) -> Lane:
    return Lane.objects.create(
        endpoint=endpoint, charge_point=charge_point, delivered_through=2, pending_through=3
    )


def tell(charge_point: ChargePoint, sequence: int, type: str, **fields: Any) -> Event:
    now = timezone.now()
    known = {"position": sequence, "data": {}, "occurred_at": now, "received_at": now}
    return Event.objects.create(
        charge_point=charge_point, sequence=sequence, type=type, **known | fields
    )


def lines(charge_point: ChargePoint) -> list[Line]:
    now = timezone.now()
    span = Span(now - timedelta(hours=1), now + timedelta(hours=1))
    return sorted(story_lines.lines(charge_point, span), key=lambda line: line.at)


def texts(charge_point: ChargePoint) -> list[str]:
    return [line.text for line in lines(charge_point)]


def test_an_event_was_received_or_waits(charge_point: ChargePoint, lane: Lane) -> None:
    tell(charge_point, 1, "transaction.started", data={"transaction_id": "17", "evse_id": 1})
    tell(charge_point, 3, "transaction.ended")
    tell(charge_point, 4, "charge_point.offline", position=None)
    assert texts(charge_point) == [
        "Core received the event transaction.started (EVSE 1, transaction 17).",
        "The event transaction.ended waits to be sent to Core.",
        "The event charge_point.offline waits to be sent to Core.",
    ]


def test_an_event_that_core_did_not_take_says_why(charge_point: ChargePoint, lane: Lane) -> None:
    event = tell(charge_point, 1, "transaction.started")
    letter = DeadLetter.objects.create(endpoint=lane.endpoint, event=event, error="answered 422")
    [line] = lines(charge_point)
    assert line.text == "Core did not take the event transaction.started: answered 422."
    assert line.tone == "bad" and line.row == event
    letter.resent_at = timezone.now()
    letter.save()
    assert texts(charge_point) == ["Core received the event transaction.started."]


def test_what_comes_often_is_counted_once_it_was_received(
    charge_point: ChargePoint, lane: Lane
) -> None:
    for sequence in (1, 2, 3):
        tell(charge_point, sequence, "transaction.updated")
    assert sorted(texts(charge_point)) == [
        "Core received the event transaction.updated, 3 times in this time.",
        "The event transaction.updated waits to be sent to Core.",
    ]


def test_of_what_an_endpoint_does_not_want_there_is_no_line(
    charge_point: ChargePoint, lane: Lane
) -> None:
    tell(charge_point, 1, "transaction.started")
    Endpoint.objects.update(event_types=["transaction.ended"])
    assert texts(charge_point) == []
    Endpoint.objects.update(event_types=[], sites=["Another site"])
    assert texts(charge_point) == []


def test_an_event_before_there_was_the_endpoint_was_told_to_nobody(
    charge_point: ChargePoint, lane: Lane
) -> None:
    tell(charge_point, 1, "transaction.started")
    Endpoint.objects.update(created_at=timezone.now())
    assert texts(charge_point) == []


def test_the_story_has_it_with_a_link_to_the_deliveries(
    admin_client: Client, charge_point: ChargePoint, lane: Lane
) -> None:
    event = tell(charge_point, 1, "transaction.started")
    url = reverse("admin:chargepoints_chargepoint_story", args=[charge_point.pk])
    page = admin_client.get(url).content.decode()
    link = reverse("admin:chargepoints_event_change", args=[event.pk])
    assert f'<a href="{link}"><bdi>Core received the event transaction.started.' in page
