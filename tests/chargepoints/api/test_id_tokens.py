"""The gateway's own tokens, and core's cached decisions."""

import pytest

from chargepoints.models import IdToken
from tests.chargepoints.api.client import ApiClient

FULL = {
    "value": "04A1B2",
    "type": "ISO14443",
    "status": "blocked",
    "group_id_token": "FLEET",
    "expires_at": "2027-01-01T00:00:00.000Z",
    "personal_message": "Call us",
}


def test_a_token_is_registered_read_and_deleted(client: ApiClient) -> None:
    answer = client.post("/id-tokens", FULL)
    assert answer.status_code == 201
    assert answer.json()["source"] == "own"
    path = answer["Location"].removeprefix("/api/v1")
    shown = client.get(path).json()
    assert {name: shown[name] for name in FULL} == FULL
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


def test_a_put_replaces_so_what_it_leaves_out_takes_its_default(client: ApiClient) -> None:
    path = f"/id-tokens/{client.post('/id-tokens', FULL).json()['id']}"
    shown = client.put(path, {"value": "FFFF"}).json()
    assert shown["value"] == "FFFF"
    assert shown["status"] == "accepted"
    assert (shown["type"], shown["group_id_token"], shown["personal_message"]) == ("", "", "")
    assert shown["expires_at"] is None


def test_what_was_read_can_be_put_back(client: ApiClient) -> None:
    answer = client.post("/id-tokens", FULL)
    path = f"/id-tokens/{answer.json()['id']}"
    again = client.put(path, answer.json())
    assert again.status_code == 200
    assert again.json() == answer.json()


def test_a_value_is_taken_in_any_case_but_not_by_a_cached_decision(client: ApiClient) -> None:
    IdToken.objects.create(value="04A1B2", source=IdToken.Source.CORE)
    assert client.post("/id-tokens", {"value": "04a1b2"}).status_code == 201
    answer = client.post("/id-tokens", {"value": "04A1B2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")
    other = client.post("/id-tokens", {"value": "FFFF"}).json()
    answer = client.put(f"/id-tokens/{other['id']}", {"value": "04A1B2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


def test_a_cached_decision_can_be_forgotten_but_not_changed(client: ApiClient) -> None:
    cached = IdToken.objects.create(value="04A1B2", source=IdToken.Source.CORE)
    path = f"/id-tokens/{cached.pk}"
    assert client.get(path).json()["source"] == "core"
    answer = client.put(path, {"value": "04A1B2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "cached_decision")
    assert client.delete(path).status_code == 204


@pytest.mark.parametrize("body", [b"null", b"[]", b"5"])
def test_what_is_no_object_is_no_token(client: ApiClient, body: bytes) -> None:
    path = f"/id-tokens/{client.post('/id-tokens', FULL).json()['id']}"
    for method, url in (("post", "/id-tokens"), ("put", path)):
        answer = client.request(method, url, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_tokens_are_narrowed_down(client: ApiClient) -> None:
    client.post("/id-tokens", FULL)
    client.post("/id-tokens", {"value": "FFFF"})

    def found(query: str) -> list[str]:
        results = client.get(f"/id-tokens?{query}").json()["results"]
        return [result["value"] for result in results]

    assert found("value=ffff") == ["FFFF"]
    assert found("status=blocked") == ["04A1B2"]
    assert found("group_id_token=FLEET") == ["04A1B2"]
    assert found("type=ISO14443&source=own") == ["04A1B2"]
    assert client.get("/id-tokens?status=perhaps").status_code == 400


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/value"),
        ({"value": ""}, "/value"),
        ({"value": "x" * 256}, "/value"),
        ({"value": "A", "status": "perhaps"}, "/status"),
        ({"value": "A", "expires_at": "tomorrow"}, "/expires_at"),
        ({"value": "A", "expires_at": "2027-01-01T00:00:00"}, "/expires_at"),
        ({"value": "A", "expires_at": 5}, "/expires_at"),
        ({"value": "A", "valid": True}, "/valid"),
    ],
)
def test_what_is_no_token_is_pointed_at(
    client: ApiClient, body: dict[str, object], pointer: str
) -> None:
    answer = client.post("/id-tokens", body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
