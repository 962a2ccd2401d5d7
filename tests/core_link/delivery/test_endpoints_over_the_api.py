"""Endpoints made, changed and removed over the API, and their secrets."""

from typing import Any

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook

from core_link import endpoints
from core_link.models import Endpoint
from tests.chargepoints.api.client import OPERATE, READ, ApiClient
from tests.core_link.delivery.delivering import charge_points, deliver_once, tell
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)

BILLING = {
    "name": "billing",
    "url": "https://billing.example/events",
    "event_types": ["transaction.started", "transaction.ended"],
}


@pytest.fixture
def client() -> ApiClient:
    return ApiClient()


def made(client: ApiClient, **other: Any) -> Any:
    answer = client.post("/endpoints", BILLING | other)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_secret_is_shown_once(client: ApiClient) -> None:
    answer = client.post("/endpoints", BILLING)
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/endpoints/{shown['id']}"
    assert shown.pop("secret").startswith("whsec_")
    assert {name: shown[name] for name in BILLING} == BILLING
    assert (shown["enabled"], shown["from_environment"], shown["signed_with"]) == (True, False, 1)
    again = client.get(f"/endpoints/{shown['id']}")
    assert again.json() == shown
    assert again["ETag"] == answer["ETag"]


def test_credentials_in_a_url_are_refused(client: ApiClient, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ENDPOINTS = True
    answer = client.post("/endpoints", BILLING | {"url": "https://user:secret@billing.example/"})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/url"]


def test_a_rotation_that_is_begun_anew_still_signs_with_the_old_secret(client: ApiClient) -> None:
    shown = made(client)
    new = [
        client.request("post", f"/endpoints/{shown['id']}/rotate-secret").json()["secret"]
        for _ in range(2)
    ]
    assert Endpoint.objects.get().secrets == [new[1], new[0], shown["secret"]]


def test_a_new_endpoint_is_told_what_it_asked_for_under_its_own_secret(
    client: ApiClient, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ENDPOINTS = True
    (charge_point,) = charge_points(1)
    tell(charge_point, kind="transaction.started")
    with FakeCore() as core:
        shown = made(client, url=f"{core.url}/events")
        core.webhooks[:] = [Webhook(shown["secret"])]
        tell(charge_point, kind="meter_values.recorded")
        tell(charge_point, kind="transaction.ended")
        deliver_once()
        # Nothing of what was before, and nothing it did not ask for.
        assert [event["type"] for event in core.journal.events] == ["transaction.ended"]
        rotated = client.request("post", f"/endpoints/{shown['id']}/rotate-secret").json()
        assert (rotated["secret"] != shown["secret"], rotated["signed_with"]) == (True, 2)
        for secret in (shown["secret"], rotated["secret"]):
            core.webhooks[:] = [Webhook(secret)]
            tell(charge_point, kind="transaction.started")
            deliver_once()
        assert len(core.journal.events) == 3
        ended = client.request("post", f"/endpoints/{shown['id']}/end-rotation").json()
        assert ("secret" in ended, ended["signed_with"]) == (False, 1)
    assert Endpoint.objects.get().secrets == [rotated["secret"]]


def test_what_changes_is_what_was_named(client: ApiClient) -> None:
    shown = made(client)
    path = f"/endpoints/{shown['id']}"
    tag = client.get(path)["ETag"]
    changed = client.patch(path, {"event_types": []}, If_Match=tag)
    assert (changed.status_code, changed.json()["event_types"]) == (200, [])
    assert (changed.json()["name"], changed.json()["url"]) == (BILLING["name"], BILLING["url"])
    assert client.patch(path, {"name": "other"}, If_Match=tag).status_code == 412
    assert client.delete(path, If_Match=tag).status_code == 412
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "ftp://core.example"}, "/url"),
        ({"url": "http://127.0.0.1/events"}, "/url"),
        ({"url": "https://10.1.2.3/events"}, "/url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "/url"),
        ({"url": "http://[::1]/events"}, "/url"),
        ({"url": "http://[::ffff:192.168.0.1]/"}, "/url"),
        ({"url": "http://localhost:8000/"}, "/url"),
        ({"event_types": ["transaction.paused"]}, "/event_types/0"),
        ({"name": ""}, "/name"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
def test_what_is_no_endpoint_is_refused(
    client: ApiClient, body: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/endpoints", BILLING | body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Endpoint.objects.exists()


def test_a_name_is_given_once(client: ApiClient) -> None:
    made(client)
    other = made(client, name="other")
    for answer in (
        client.post("/endpoints", BILLING),
        client.patch(f"/endpoints/{other['id']}", {"name": "billing"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


def test_the_endpoint_of_the_environment_is_changed_there(
    client: ApiClient, settings: Settings
) -> None:
    settings.EVENTS_URL = "http://core.internal/events"
    endpoints.follow_environment()
    path = f"/endpoints/{Endpoint.objects.get().pk}"
    assert client.get(path).json()["from_environment"] is True
    for method, below in (
        ("patch", ""),
        ("delete", ""),
        ("post", "/rotate-secret"),
        ("post", "/end-rotation"),
    ):
        body = {"name": "mine"} if method == "patch" else None
        answer = client.request(method, path + below, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "from_environment")


def test_only_an_administrator_makes_and_changes_endpoints(client: ApiClient) -> None:
    path = f"/endpoints/{made(client)['id']}"
    for scope in (READ, OPERATE):
        other = ApiClient(scope, name=scope)
        assert other.get(path).status_code == 200
        assert other.post("/endpoints", BILLING).status_code == 403
        assert other.patch(path, {"name": "x"}).status_code == 403
        assert other.delete(path).status_code == 403
        assert other.request("post", f"{path}/rotate-secret").status_code == 403
