"""Roll-outs over the API."""

from typing import Any

import pytest

from chargepoints.models import ChargePoint, Command, RollOut
from tests.chargepoints.api.client import READ, ApiClient, connect, register

ROLL_OUT = {"type": "clear_cache", "waves": ["1", "50%"], "halt_after": 2}


@pytest.fixture
def fleet(db: None) -> list[ChargePoint]:
    fleet = [
        register(f"CP-{number}", site="North", external_id=f"core-{number}") for number in range(4)
    ]
    for charge_point in fleet:
        connect(charge_point)
    return fleet


def begin(client: ApiClient, **more: Any) -> Any:
    return client.post("/roll-outs", {"filter": {"site": "North"}, **ROLL_OUT, **more})


def test_a_roll_out_is_begun_and_shows_its_waves(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    answer = begin(client)
    assert answer.status_code == 202
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/roll-outs/{shown['id']}"
    assert [(each["number"], each["size"]) for each in shown["waves"]] == [(1, 1), (2, 2), (3, 1)]
    assert shown["waves"][0]["counts"]["waiting"] == 1
    assert (shown["state"], shown["wave"], shown["at_once"]) == ("running", 1, 20)
    assert client.get(f"/roll-outs/{shown['id']}").json() == shown
    assert client.get("/roll-outs").json()["results"] == [shown]
    listed = client.get(f"/roll-outs/{shown['id']}/charge-points?state=waiting").json()["results"]
    assert [(each["charge_point"], each["wave"]) for each in listed] == [
        ("CP-0", 1),
        ("CP-1", 2),
        ("CP-2", 2),
        ("CP-3", 3),
    ]
    assert [each["external_id"] for each in listed] == [each.external_id for each in fleet]
    assert not Command.objects.exists()


def test_it_is_paused_resumed_and_cancelled(client: ApiClient, fleet: list[ChargePoint]) -> None:
    path = f"/roll-outs/{begin(client).json()['id']}"
    assert client.post(f"{path}/pause", None).json()["state"] == "paused"
    refused = client.post(f"{path}/pause", None)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_running")
    assert client.post(f"{path}/resume", None).json()["state"] == "running"
    assert client.post(f"{path}/resume", None).json()["code"] == "not_paused"
    assert client.post(f"{path}/cancel", None).json()["state"] == "cancelled"
    assert client.post(f"{path}/cancel", None).json()["code"] == "is_over"


def test_the_same_key_and_body_begin_nothing_twice(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    body = {"charge_points": ["CP-0", "CP-1"], **ROLL_OUT}
    first = client.post("/roll-outs", body, Idempotency_Key="k1").json()
    assert client.post("/roll-outs", body, Idempotency_Key="k1").json()["id"] == first["id"]
    other = client.post("/roll-outs", {**body, "halt_after": 9}, Idempotency_Key="k1")
    assert other.json()["code"] == "idempotency_conflict"
    assert RollOut.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"waves": ["some"]}, "/waves/0"),
        ({"waves": ["0"]}, "/waves/0"),
        ({"halt_after": 0}, "/halt_after"),
        ({"at_once": 1000}, "/at_once"),
        ({"charge_points": ["CP-0"]}, ""),
    ],
)
def test_what_is_no_roll_out_is_pointed_at(
    client: ApiClient, fleet: list[ChargePoint], wrong: dict[str, Any], pointer: str
) -> None:
    answer = begin(client, **wrong)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_filter_that_finds_nobody_begins_nothing(client: ApiClient) -> None:
    answer = client.post("/roll-outs", {"filter": {"site": "Nowhere"}, **ROLL_OUT})
    assert (answer.status_code, answer.json()["code"]) == (400, "nobody")


def test_reading_is_not_enough_to_begin_or_to_stop(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    path = f"/roll-outs/{begin(client).json()['id']}"
    reader = ApiClient(READ, "reader")
    assert begin(reader).status_code == 403
    assert reader.post(f"{path}/cancel", None).status_code == 403
    assert reader.get(path).status_code == 200
