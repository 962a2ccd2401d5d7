"""What staff can do about the events on their way to core."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chargepoints.event_types import EVENT_TYPES
from chargepoints.models import Event
from core_link import endpoints
from core_link.event_deliveries import deliveries_of
from core_link.models import DeadLetter, Delivery, Endpoint
from tests.core_link.delivery.delivering import (
    SECRET,
    charge_points,
    deliver_once,
    tell,
    the_endpoint,
    until,
    working,
)
from tests.fakes.core import FakeCore

ENDPOINTS = "/admin/core_link/endpoint/"
SINCE = "%Y-%m-%dT%H:%M:%S"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


def viewer() -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, model: str, action: str, *rows: object) -> str:
    url = reverse(f"admin:core_link_{model}_changelist")
    data = {"action": action, "_selected_action": [str(row) for row in rows]}
    response = client.post(url, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def do(client: Client, deed: str, **data: str) -> str:
    url = reverse("admin:core_link_endpoint_do", args=[the_endpoint().pk, deed])
    return client.post(url, data, follow=True).content.decode()


def test_the_list_says_how_each_endpoint_fares(staff: Client, core: FakeCore) -> None:
    (point,) = charge_points(1)
    deliver_once()
    tell(point, 7)
    endpoints.pause(the_endpoint(), "by somebody")
    page = staff.get(ENDPOINTS).content.decode()
    assert "EVENTS_URL" in page
    assert "paused" in page
    assert re.search(r">\s*7\s*<", page)


def test_a_new_endpoints_secret_is_shown_once(staff: Client) -> None:
    types = ["transaction.started", "transaction.ended"]
    data = {"name": "billing", "url": "https://billing.example/events", "event_types": types}
    page = staff.post(ENDPOINTS + "add/", data).content.decode()
    endpoint = the_endpoint()
    assert endpoint.secrets[0] in page
    assert endpoint.event_types == types
    assert endpoint.enabled
    for url in (ENDPOINTS, f"{ENDPOINTS}{endpoint.pk}/change/"):
        assert endpoint.secrets[0] not in staff.get(url).content.decode()


def test_a_change_leaves_the_workers_columns_alone(staff: Client) -> None:
    endpoint, _ = endpoints.add("billing", "https://billing.example/events")
    Endpoint.objects.update(read_through=77)
    data = {"name": "billing", "url": "https://other.example/", "event_types": EVENT_TYPES[:1]}
    staff.post(f"{ENDPOINTS}{endpoint.pk}/change/", data)
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.read_through) == ("https://other.example/", 77)
    assert not endpoint.enabled
    assert endpoint.disabled_reason == "by admin"


def test_a_secret_is_rotated_in_two_steps(staff: Client) -> None:
    _, old = endpoints.add("billing", "https://billing.example/events")
    page = do(staff, "rotate")
    new = the_endpoint().secrets[0]
    assert new in page
    assert the_endpoint().secrets == [new, old]
    do(staff, "end-rotation")
    assert the_endpoint().secrets == [new]


def test_the_endpoint_of_the_environment_keeps_its_url_and_secret(
    staff: Client, core: FakeCore
) -> None:
    endpoints.follow_environment()
    url = the_endpoint().url
    data = {"name": "mine", "url": "https://evil.example/", "enabled": "on"}
    staff.post(f"{ENDPOINTS}{the_endpoint().pk}/change/", data)
    do(staff, "rotate")
    assert (the_endpoint().name, the_endpoint().url) == ("EVENTS_URL", url)
    assert the_endpoint().signing_secrets == [SECRET]
    assert staff.post(f"{ENDPOINTS}{the_endpoint().pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_test_shows_what_came_back(staff: Client, core: FakeCore) -> None:
    endpoints.follow_environment()
    assert "HTTP 200, well" in do(staff, "test")
    core.fail(status=503)
    assert "HTTP 503" in act(staff, "endpoint", "test", the_endpoint().pk)


def test_pause_and_resume(staff: Client, core: FakeCore) -> None:
    (point,) = charge_points(1)
    deliver_once()
    act(staff, "endpoint", "pause", the_endpoint().pk)
    tell(point)
    deliver_once()
    assert core.journal.events == []
    act(staff, "endpoint", "resume", the_endpoint().pk)
    deliver_once()
    assert len(core.journal.events) == 1


def test_everything_since_a_moment_is_sent_again(staff: Client, core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    deliver_once()
    since = timezone.now() - timedelta(minutes=1)
    assert "sent again: the events of 1 charge point." in do(
        staff, "send-again", since=since.strftime(SINCE)
    )
    deliver_once()
    assert len(core.journal.events) == 6


@pytest.mark.parametrize("since", ["", "yesterday", "2999-01-01T00:00:00"])
def test_a_moment_that_cannot_be_meant_sends_nothing(
    staff: Client, core: FakeCore, since: str
) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    deliver_once()
    do(staff, "send-again", since=since)
    deliver_once()
    assert len(core.journal.events) == 3


def test_dead_letters_are_sent_again(staff: Client, core: FakeCore, impatient: None) -> None:
    (point,) = charge_points(1)
    core.fail(status=422)
    tell(point)
    with working():
        until(DeadLetter.objects.exists)
    core.faults.clear()
    page = staff.get(reverse("admin:core_link_deadletter_changelist")).content.decode()
    assert "HTTP 422" in page
    letter = DeadLetter.objects.get()
    assert "1 event queued to be sent again." in act(staff, "deadletter", "resend", letter.pk)
    deliver_once()
    assert len(core.journal.events) == 1


def test_a_delivery_shows_its_events_and_can_be_tried_at_once(
    staff: Client, core: FakeCore
) -> None:
    (point,) = charge_points(1)
    core.fail(status=422, times=1)
    tell(point)
    deliver_once()
    delivery = Delivery.objects.get()
    url = reverse("admin:core_link_delivery_change", args=[delivery.pk])
    page = staff.get(url).content.decode()
    assert "HTTP 422" in page
    assert "meter_values.recorded" in page
    assert "1 delivery" in act(staff, "delivery", "retry_now", delivery.pk)
    deliver_once()
    assert len(core.journal.events) == 1


def test_a_viewer_sees_all_of_it_and_changes_none(core: FakeCore) -> None:
    client = viewer()
    endpoints.follow_environment()
    for model in ("endpoint", "delivery", "deadletter"):
        assert client.get(reverse(f"admin:core_link_{model}_changelist")).status_code == 200
    url = reverse("admin:core_link_endpoint_do", args=[the_endpoint().pk, "test"])
    assert client.post(url).status_code == 403
    act(client, "endpoint", "pause", the_endpoint().pk)
    assert the_endpoint().enabled
    assert client.post(ENDPOINTS + "add/", {"name": "x"}).status_code == 403
    assert core.journal.deliveries == []


def test_the_first_page_says_what_keeps_core_from_hearing(staff: Client, core: FakeCore) -> None:
    charge_point = charge_points(1)[0]
    tell(charge_point)
    deliver_once()
    assert 'class="cp-trouble"' not in first_page(staff)
    Endpoint.objects.update(down_since=timezone.now() - timedelta(hours=3))
    assert "it does not answer</bdi></strong>, <time" in first_page(staff)
    endpoints.pause(the_endpoint(), "by maria")
    page = first_page(staff)
    assert "it is paused, by maria" in page
    assert f'href="{ENDPOINTS}{the_endpoint().pk}/change/"' in page
    assert "given up" not in page
    event = charge_point.events.get()
    DeadLetter.objects.create(endpoint=the_endpoint(), event=event, error="HTTP 400")
    assert "1 event was given up after the last attempt" in first_page(staff)


def first_page(client: Client) -> str:
    page: str = client.get("/admin/").content.decode()
    return page


def delivery_page(client: Client, delivery: Delivery) -> str:
    url = reverse("admin:core_link_delivery_change", args=[delivery.pk])
    return client.get(url).content.decode()


def event_page(client: Client, event: Event) -> str:
    return client.get(reverse("admin:chargepoints_event_change", args=[event.pk])).content.decode()


def test_a_delivery_shows_what_was_sent_and_what_was_answered(
    staff: Client, core: FakeCore
) -> None:
    (point,) = charge_points(1)
    tell(point, 2)
    deliver_once()
    delivery = Delivery.objects.get()
    assert (delivery.last_status, delivery.last_duration_ms) != (None, None)
    page = delivery_page(staff, delivery)
    assert the_endpoint().url in page and f"webhook-id: {delivery.pk}" in page
    assert "meter_values.recorded" in page and "&quot;sequence&quot;: 1" in page
    assert "HTTP 200 after" in page
    Delivery.objects.update(last_answer='{"acked_through": 7}', last_status=503)
    page = delivery_page(staff, delivery)
    assert "acked_through" in page and "HTTP 503" in page


def test_a_delivery_shows_each_of_its_events_and_counts_those_that_are_gone(
    staff: Client, core: FakeCore
) -> None:
    (point,) = charge_points(1)
    tell(point, 30)
    deliver_once()
    delivery = Delivery.objects.get()
    page = delivery_page(staff, delivery)
    for sequence in range(1, 31):
        assert f"&quot;sequence&quot;: {sequence}," in page
    assert "deleted since" not in page
    Event.objects.filter(sequence__lte=20).delete()
    page = delivery_page(staff, delivery)
    assert "&quot;sequence&quot;: 30," in page and "and 20 events that have been" in page
    Event.objects.all().delete()
    assert "its events have been deleted since" in delivery_page(staff, delivery)


def test_an_event_leads_to_its_deliveries_and_each_of_them_back(
    staff: Client, core: FakeCore
) -> None:
    (point,) = charge_points(1)
    tell(point, 2)
    deliver_once()
    delivery = Delivery.objects.get()
    for event in Event.objects.all():
        assert f"/admin/core_link/delivery/{delivery.pk}/change/" in event_page(staff, event)
        assert f"/admin/chargepoints/event/{event.pk}/change/" in delivery_page(staff, delivery)


def test_an_event_is_sent_again_from_its_page(staff: Client, core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point)
    deliver_once()
    event = Event.objects.get()
    url = reverse("admin:chargepoints_event_again", args=[event.pk, the_endpoint().pk])
    assert "is queued to be sent again to" in staff.post(url, follow=True).content.decode()
    assert staff.get(url).status_code == 405
    deliver_once()
    states = [row.state for row in deliveries_of(event)]
    assert states == [Delivery.State.DELIVERED] * 2
    sent = [each["id"] for each in core.journal.events]
    assert sent.count(event.event_id) == 2


def test_a_delivery_is_sent_again_from_its_page(staff: Client, core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    deliver_once()
    first = Delivery.objects.get()
    url = reverse("admin:core_link_delivery_again", args=[first.pk])
    page = staff.post(url, follow=True).content.decode()
    assert "3 events queued to be sent again to" in page
    second = Delivery.objects.get(state=Delivery.State.PENDING)
    assert second.event_ids == first.event_ids
    again = reverse("admin:core_link_delivery_again", args=[second.pk])
    staff.post(again)  # one that waits is tried now, and not sent twice
    assert Delivery.objects.count() == 2


def test_who_only_looks_sends_nothing_again(core: FakeCore) -> None:
    (point,) = charge_points(1)
    tell(point)
    deliver_once()
    client, event, delivery = viewer(), Event.objects.get(), Delivery.objects.get()
    assert "Send again" not in event_page(client, event)
    assert "Send again" not in delivery_page(client, delivery)
    for url in (
        reverse("admin:chargepoints_event_again", args=[event.pk, the_endpoint().pk]),
        reverse("admin:core_link_delivery_again", args=[delivery.pk]),
    ):
        assert client.post(url).status_code == 403
    assert Delivery.objects.count() == 1
