"""What core may ask about its own endpoints: over the API's URLs."""

from typing import Any

import pytest

from core_link import endpoints
from core_link.models import DeadLetter, Delivery, Endpoint
from tests.chargepoints.api.client import OPERATE, ApiClient
from tests.core_link.delivery.delivering import charge_points, deliver_once, tell
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def endpoint(core: FakeCore) -> Endpoint:
    endpoints.follow_environment()
    return Endpoint.objects.get()


def delivered(core: FakeCore) -> list[Any]:
    return [
        event["position"] for each in core.journal.deliveries for event in each.request["events"]
    ]


def test_an_endpoint_shows_how_far_behind_it_is(endpoint: Endpoint, core: FakeCore) -> None:
    client = ApiClient()
    (charge_point,) = charge_points(1)
    tell(charge_point, count=3)
    # A place in the feed first, then the delivery.
    client.get("/events")
    (shown,) = client.get("/endpoints").json()["results"]
    assert (shown["name"], shown["url"]) == ("EVENTS_URL", core.url + "/events")
    assert shown["undelivered"]["events"] == 3
    deliver_once()
    shown = client.get(f"/endpoints/{endpoint.pk}").json()
    assert shown["undelivered"] == {"events": 0, "since": None}
    assert shown["last_success_at"].endswith("Z")
    assert "secret" not in str(shown)


def test_a_paused_endpoint_is_told_nothing_until_it_is_resumed(
    endpoint: Endpoint, core: FakeCore
) -> None:
    client = ApiClient()
    shown = client.post(f"/endpoints/{endpoint.pk}/pause", {"reason": "moving house"}).json()
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "moving house")
    (charge_point,) = charge_points(1)
    tell(charge_point)
    deliver_once()
    assert delivered(core) == []
    shown = client.request("post", f"/endpoints/{endpoint.pk}/resume").json()
    assert (shown["enabled"], shown["disabled_reason"]) == (True, "")
    deliver_once()
    assert delivered(core) == [1]


def test_what_was_told_is_told_again(endpoint: Endpoint, core: FakeCore) -> None:
    client = ApiClient()
    (charge_point,) = charge_points(1)
    tell(charge_point, count=3)
    deliver_once()
    answer = client.post(f"/endpoints/{endpoint.pk}/resend", {"first": 2, "last": 3})
    assert (answer.status_code, answer.json()) == (202, {"charge_points": 1})
    deliver_once()
    assert delivered(core) == [1, 2, 3, 2, 3]
    answer = client.post(f"/endpoints/{endpoint.pk}/resend", {"since": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 202
    deliver_once()
    assert delivered(core) == [1, 2, 3, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("body", [{}, {"first": 1}, {"since": "2020-01-01T00:00:00Z", "first": 1}])
def test_what_to_tell_again_has_to_be_said_whole(endpoint: Endpoint, body: dict[str, Any]) -> None:
    answer = ApiClient().post(f"/endpoints/{endpoint.pk}/resend", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_dead_letter_is_given_another_round(endpoint: Endpoint) -> None:
    (charge_point,) = charge_points(1)
    tell(charge_point)
    event = charge_point.events.get()
    letter = DeadLetter.objects.create(endpoint=endpoint, event=event, error="HTTP 422")
    client = ApiClient(OPERATE)
    (shown,) = client.get("/dead-letters?resent=false&endpoint=EVENTS_URL").json()["results"]
    assert (shown["event"], shown["charge_point"]) == (event.event_id, "CP-1")
    assert (shown["error"], shown["resent_at"]) == ("HTTP 422", None)
    answer = client.request("post", f"/dead-letters/{letter.pk}/resend")
    assert (answer.status_code, answer.json()["resent_at"] is None) == (202, False)
    assert Delivery.objects.get().event_ids == [event.pk]
    assert client.get("/dead-letters?resent=false").json()["results"] == []


def test_a_charge_point_stays_until_core_was_told_all_about_it(
    endpoint: Endpoint, core: FakeCore
) -> None:
    client = ApiClient()
    (charge_point,) = charge_points(1)
    tell(charge_point)
    answer = client.delete("/charge-points/CP-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "events_undelivered")
    # Read from the feed into the endpoint's lane, but not acknowledged.
    core.fail(down=True)
    deliver_once()
    assert client.delete("/charge-points/CP-1").status_code == 409
    core.faults.clear()
    endpoints.resume(endpoint)
    deliver_once()
    assert client.delete("/charge-points/CP-1").status_code == 204


def test_an_event_that_no_endpoint_wants_keeps_no_charge_point(endpoint: Endpoint) -> None:
    Endpoint.objects.update(event_types=["transaction.started"])
    (charge_point,) = charge_points(1)
    tell(charge_point)
    assert ApiClient().delete("/charge-points/CP-1").status_code == 204


def test_who_may_command_may_not_turn_the_events_off(endpoint: Endpoint) -> None:
    client = ApiClient(OPERATE)
    for action in ("pause", "resume", "resend"):
        answer = client.request("post", f"/endpoints/{endpoint.pk}/{action}")
        assert answer.status_code == 403
