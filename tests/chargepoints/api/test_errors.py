"""Every answer that is no success: the right status, and one shape."""

from typing import Any

import pytest
from django.db import InterfaceError, InternalError, OperationalError
from django.test import Client

from chargepoints.api import charge_points as view
from tests.chargepoints.api.client import ApiClient, register

HUGE = f"/transactions/{10**30}"


def check_shape(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"code", "detail", "errors"}
    assert body["code"] == code
    assert isinstance(body["detail"], str)


@pytest.mark.parametrize("path", ["/nothing", "/transactions/0", "/commands/not-a-uuid", "/", HUGE])
def test_what_is_not_there_is_404(client: ApiClient, path: str) -> None:
    check_shape(client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "query",
    ["/events?type=transaction.started&type=transaction.ended", "/charge-points?limit=5&limit=10"],
)
def test_a_parameter_that_is_given_twice_is_400(client: ApiClient, query: str) -> None:
    answer = client.get(query)
    check_shape(answer, 400, "invalid_parameter")
    (error,) = answer.json()["errors"]
    assert error["message"] == "is given more than once"


def test_a_method_that_is_not_there_is_405(client: ApiClient) -> None:
    for method in ("put", "patch", "delete", "options"):
        answer = client.request(method, "/charge-points")
        check_shape(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, POST, HEAD"


def test_only_json_can_be_had(client: ApiClient) -> None:
    check_shape(client.get("/charge-points", Accept="text/csv"), 406, "not_acceptable")


def test_only_json_is_taken(client: ApiClient) -> None:
    answer = Client().post("/api/v1/charge-points", {"identity": "A"}, headers=client.headers)
    check_shape(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff",
        b'{"identity": NaN}',
        b'{"identity": "\\ud800"}',
        b'{"identity": "A\\u0000"}',
        b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"name": 1e400}',
        b'{"identity": "A", "identity": "B"}',
        b'{"identity": "A", "quirks": [{"name": "A", "name": "B"}]}',
    ],
)
def test_a_body_that_cannot_be_read_is_400(client: ApiClient, body: bytes) -> None:
    answer = Client().post(
        "/api/v1/charge-points", body, content_type="application/json", headers=client.headers
    )
    assert answer.status_code == 400
    assert answer.json()["code"] in ("parse_error", "invalid")


def test_a_backslash_before_u0000_is_just_text(client: ApiClient) -> None:
    body = b'{"identity": "A", "name": "\\\\u0000"}'
    answer = Client().post(
        "/api/v1/charge-points", body, content_type="application/json", headers=client.headers
    )
    assert answer.json()["name"] == "\\u0000"


def test_a_body_that_is_too_large_is_413(client: ApiClient) -> None:
    check_shape(client.post("/charge-points", {"name": "x" * 1_100_000}), 413, "too_large")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=²", "limit"),
        ("cursor=%21", "cursor"),
        ("cursor=cD1hYmM=", "cursor"),
        ("cursor=cD0wMDAlMDAw", "cursor"),
        ("cursor=", "cursor"),
        ("site=", "site"),
        ("since=", "since"),
        ("sight=North", "sight"),
        ("open=perhaps", "open"),
        ("since=yesterday", "since"),
        ("since=2026-11-22T08:00:00", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("site=a%00b", "site"),
        ("format=csv", "format"),
    ],
)
def test_a_query_parameter_that_cannot_be_used_is_named(
    client: ApiClient, query: str, parameter: str
) -> None:
    answer = client.get(f"/transactions?{query}")
    check_shape(answer, 400, "invalid_parameter")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["parameter"]) == ("", parameter)


def test_a_cursor_that_holds_a_nul_character_is_none(client: ApiClient) -> None:
    check_shape(client.get("/charge-points?cursor=cD0lMDA="), 400, "invalid_parameter")


@pytest.mark.expected_errors("Service Unavailable")
@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, InternalError])
def test_a_database_that_is_down_or_takes_no_writes_is_503(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(*args: Any) -> None:
        raise kind("connection refused by 10.0.0.1")

    register()
    monkeypatch.setattr(view, "find_charge_point", fail)
    answer = client.get("/charge-points/DEPOT-7")
    check_shape(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert "10.0.0.1" not in answer.content.decode()


@pytest.mark.expected_errors("Invalid HTTP_HOST header")
def test_a_host_that_is_not_ours_is_400(client: ApiClient) -> None:
    answer = client.get("/charge-points", Host="elsewhere.example")
    check_shape(answer, 400, "invalid_host")
    assert "ALLOWED_HOSTS" in answer.json()["detail"]


@pytest.mark.expected_errors("Internal Server Error")
def test_a_fault_of_ours_is_500_and_says_nothing_more(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(view, "find_charge_point", fail)
    client._client.raise_request_exception = False
    answer = client.get("/charge-points/DEPOT-7")
    check_shape(answer, 500, "internal_error")
    assert b"secret" not in answer.content
