"""The feed of events: the pull twin of the webhook."""

import pytest

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.event_types import EventType
from chargepoints.models import ChargePoint, Event
from chargepoints.services.history import event_feed
from tests.chargepoints.api.client import ApiClient, register


def tell(charge_point: ChargePoint, *types: EventType) -> None:
    with unit_of_work() as unit:
        for type in types:
            unit.emit(charge_point.pk, type, {})


def test_the_feed_goes_on_where_it_ended(client: ApiClient) -> None:
    charge_point = register(external_id="core-7")
    tell(charge_point, "charge_point.online", "charge_point.booted", "transaction.started")
    first = client.get("/events?limit=2").json()
    assert [event["position"] for event in first["results"]] == [1, 2]
    assert first["results"][0]["external_id"] == "core-7"
    assert (first["last_position"], first["previous"]) == (2, None)
    second = client.get(first["next"]).json()
    assert [event["type"] for event in second["results"]] == ["transaction.started"]
    assert (second["next"], second["last_position"]) == (None, 3)
    nothing = client.get("/events?after=3").json()
    assert nothing == {"next": None, "previous": None, "last_position": 3, "results": []}
    tell(charge_point, "charge_point.offline")
    assert client.get("/events?after=3").json()["results"][0]["position"] == 4


def test_a_late_commit_is_not_skipped(client: ApiClient) -> None:
    """A row with a lower id may become visible after one with a higher id was read."""
    early, late = register("EARLY"), register("LATE")
    tell(late, "charge_point.online")
    late_event = Event.objects.get()
    Event.objects.filter(pk=late_event.pk).update(position=0)  # not visible yet
    tell(early, "charge_point.online")
    page = client.get("/events").json()
    assert [event["charge_point"] for event in page["results"]] == ["EARLY"]
    Event.objects.filter(pk=late_event.pk).update(position=None)  # its transaction commits
    page = client.get(f"/events?after={page['last_position']}").json()
    assert [event["charge_point"] for event in page["results"]] == ["LATE"]


def test_the_feed_of_some_types_still_moves_over_the_others(client: ApiClient) -> None:
    tell(register(), "charge_point.online", "transaction.started", "charge_point.offline")
    page = client.get("/events?type=transaction.started,transaction.ended").json()
    assert [event["type"] for event in page["results"]] == ["transaction.started"]
    assert page["last_position"] == 3


def test_a_charge_points_events_come_newest_first(client: ApiClient) -> None:
    one, two = register("ONE"), register("TWO")
    tell(one, "charge_point.online", "transaction.started")
    tell(two, "charge_point.online")
    results = client.get("/charge-points/one/events").json()["results"]
    assert [(event["sequence"], event["position"]) for event in results] == [(2, 2), (1, 1)]
    path = "/charge-points/one/events?type=charge_point.online"
    assert len(client.get(path).json()["results"]) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/events?type=transaction.started,transaction.stopped",
        "/charge-points/one/events?type=transaction.stopped",
        "/commands?type=begin",
    ],
)
def test_a_type_that_does_not_exist_is_refused(client: ApiClient, path: str) -> None:
    register("ONE")
    answer = client.get(path)
    assert answer.json()["code"] == "invalid_parameter"
    assert [error["parameter"] for error in answer.json()["errors"]] == ["type"]


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=9223372036854775808", "after=1", "before=1"]
)
def test_a_position_that_is_none_is_refused(client: ApiClient, query: str) -> None:
    assert client.get(f"/events?{query}").json()["code"] == "invalid_parameter"


def test_the_feed_is_narrowed_by_charge_point_and_site(client: ApiClient) -> None:
    one, two = register("ONE", site="North", external_id="core-1"), register("TWO", site="South")
    tell(one, "charge_point.online")
    tell(two, "charge_point.online", "charge_point.offline")
    for query, found in (
        ("charge_point=two", [2, 3]),
        ("site=North", [1]),
        ("external_id=core-1", [1]),
        ("site=South&type=charge_point.offline", [3]),
        ("charge_point=NOBODY", []),
    ):
        page = client.get(f"/events?{query}").json()
        assert [event["position"] for event in page["results"]] == found, query
        assert (page["last_position"], page["next"]) == (3, None)


def test_a_narrowed_feed_looks_some_way_on_and_says_that_there_is_more(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "LOOKED_THROUGH", 2)
    one, two = register("ONE"), register("TWO")
    for _ in range(4):
        tell(one, "charge_point.online")
    tell(two, "charge_point.online")
    url, found, asked = "/events?charge_point=TWO", [], 0
    while url:
        page = client.get(url).json()
        found += page["results"]
        url, asked = page["next"], asked + 1
    assert [event["position"] for event in found] == [5]
    assert asked == 2


def test_a_page_of_the_feed_that_the_client_has_is_not_sent_again(client: ApiClient) -> None:
    tell(register(), "charge_point.online")
    tag = client.get("/events")["ETag"]
    assert client.get("/events", If_None_Match=tag).status_code == 304
