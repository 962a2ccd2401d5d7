"""One command to many charge points."""

from typing import Any

import pytest

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command, CommandBatch
from chargepoints.services.commands import batches, outcomes, submission
from tests.chargepoints.api.client import READ, ApiClient, connect, register

RESET = {"type": "reset", "args": {"type": "on_idle"}}


@pytest.fixture
def fleet(db: None) -> list[ChargePoint]:
    """A and B are online in the north, C is offline in the south."""
    fleet = [register("A", site="North"), register("B", site="North"), register("C", site="South")]
    connect(fleet[0])
    connect(fleet[1])
    return fleet


def sent_to() -> list[str]:
    names = Command.objects.values_list("charge_point__identity", flat=True)
    return sorted(names)


def test_batches_are_listed_with_their_progress(
    client: ApiClient, fleet: list[ChargePoint], django_assert_num_queries: Any
) -> None:
    for names in (["A"], ["A", "B"], ["A", "B", "C"]):
        client.post("/command-batches", {"charge_points": names, **RESET})
    client.get("/command-batches")
    with django_assert_num_queries(3):  # the key, the batches, their commands
        listed = client.get("/command-batches").json()["results"]
    assert [each["charge_points"] for each in listed] == [3, 2, 1]
    assert [each["progress"]["queued"] for each in listed] == [3, 2, 1]
    assert [each["unfinished"] for each in listed] == [3, 2, 1]
    assert client.get(f"/command-batches/{listed[0]['id']}").json() == listed[0]
    assert client.get("/command-batches?type=start").json()["results"] == []
    later = client.get("/command-batches?since=2099-01-01T00:00:00Z").json()["results"]
    assert later == []


def test_a_batch_is_a_command_for_each_that_is_named(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    answer = client.post("/command-batches", {"charge_points": ["a", "C", "A"], **RESET})
    assert answer.status_code == 202
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/command-batches/{shown['id']}"
    assert (shown["charge_points"], shown["refused"], shown["unfinished"]) == (2, [], 2)
    assert shown["progress"]["queued"] == 2
    assert sent_to() == ["A", "C"]
    listed = client.get(f"/commands?batch={shown['id']}").json()["results"]
    assert {command["charge_point"] for command in listed} == {"A", "C"}
    assert {command["batch"] for command in listed} == {shown["id"]}


def test_a_password_stays_only_where_it_is_still_to_be_sent(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    args = {"key": "AuthorizationKey", "value": "5345435245545345435245"}
    body = {"charge_points": ["A", "B", "C"], "type": "set_configuration", "args": args}
    client.post("/command-batches", body)
    assert CommandBatch.objects.get().args["value"] == "(not shown)"
    expired, cancelled, waiting = Command.objects.order_by("charge_point__identity")
    with unit_of_work() as unit:
        outcomes.finish(unit, expired, Command.State.EXPIRED)
    submission.cancel(cancelled)
    held = Command.objects.filter(args__value=args["value"])
    assert [command.pk for command in held] == [waiting.pk]


def test_a_filter_chooses_whom(client: ApiClient, fleet: list[ChargePoint]) -> None:
    for choice, chosen in [
        ({"site": "North"}, ["A", "B"]),
        ({"online": False}, ["C"]),
        ({"online": True, "protocol": "ocpp1.6", "registration": "accepted"}, ["A", "B"]),
        ({"site": "Nowhere"}, []),
    ]:
        answer = client.post("/command-batches", {"filter": choice, **RESET})
        assert answer.json()["charge_points"] == len(chosen)
        assert sent_to() == chosen
        Command.objects.all().delete()


def test_who_takes_no_command_is_named_with_the_reason(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    start = {"type": "start", "args": {"id_token": {"value": "04A1B2"}}}
    answer = client.post("/command-batches", {"charge_points": ["A", "C"], **start})
    assert answer.json()["refused"] == [
        {"charge_point": "C", "code": "not_connected", "detail": "C is not connected"}
    ]
    assert sent_to() == ["A"]


def test_progress_is_counted(client: ApiClient, fleet: list[ChargePoint]) -> None:
    batch = client.post("/command-batches", {"charge_points": ["A", "B", "C"], **RESET}).json()
    first, second, _ = Command.objects.order_by("charge_point__identity")
    with unit_of_work() as unit:
        outcomes.finish(unit, first, Command.State.ACCEPTED)
        outcomes.finish(unit, second, Command.State.REJECTED)
    shown = client.get(f"/command-batches/{batch['id']}").json()
    counts = {state: count for state, count in shown["progress"].items() if count}
    assert counts == {"accepted": 1, "rejected": 1, "queued": 1}
    assert shown["unfinished"] == 1


def test_the_same_key_and_body_send_nothing_twice(
    client: ApiClient, fleet: list[ChargePoint]
) -> None:
    body = {"filter": {"online": True}, **RESET}
    first = client.post("/command-batches", body, Idempotency_Key="k1").json()
    ChargePoint.objects.filter(identity="B").update(connection=None)
    again = client.post("/command-batches", body, Idempotency_Key="k1").json()
    assert again["id"] == first["id"]
    assert sent_to() == ["A", "B"]
    other = client.post("/command-batches", {**body, "args": {}}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.expected_errors("Internal Server Error")
def test_a_repetition_finishes_what_an_interrupted_one_left_undone(
    client: ApiClient, fleet: list[ChargePoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"charge_points": ["A", "B", "C"], **RESET}
    prepared = batches._prepared

    def die_at_b(charge_point: ChargePoint, batch: CommandBatch) -> Command:
        if charge_point.identity == "B":
            raise ConnectionAbortedError
        return prepared(charge_point, batch)

    monkeypatch.setattr(batches, "COMMANDS_A_TRANSACTION", 1)
    monkeypatch.setattr(batches, "_prepared", die_at_b)
    with pytest.raises(ConnectionAbortedError):
        client.post("/command-batches", body, Idempotency_Key="k1")
    assert sent_to() == ["A"]
    monkeypatch.setattr(batches, "_prepared", prepared)
    answer = client.post("/command-batches", body, Idempotency_Key="k1")
    assert answer.status_code == 202
    assert sent_to() == ["A", "B", "C"]
    assert CommandBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (RESET, {""}),
        ({"charge_points": ["A"], "filter": {"site": "North"}, **RESET}, {""}),
        ({"charge_points": [], **RESET}, {"/charge_points"}),
        ({"charge_points": ["A", "NOBODY", 5], **RESET}, {"/charge_points/2"}),
        ({"charge_points": ["A", "NOBODY"], **RESET}, {"/charge_points/1"}),
        ({"filter": {}, **RESET}, {"/filter"}),
        ({"filter": {"sight": "North"}, **RESET}, {"/filter/sight"}),
        ({"charge_points": ["A"], "type": "reset", "args": {"type": "hard"}}, {"/args/type"}),
    ],
)
def test_what_is_no_batch_is_pointed_at(
    client: ApiClient, fleet: list[ChargePoint], body: Any, pointers: set[str]
) -> None:
    answer = client.post("/command-batches", body)
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers
    assert not CommandBatch.objects.exists()


def test_a_filter_that_means_too_many_is_refused(
    client: ApiClient, fleet: list[ChargePoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargepoints.api.command_batches.MOST_TARGETS", 1)
    answer = client.post("/command-batches", {"filter": {"site": "North"}, **RESET})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many")


def test_reading_is_not_enough_to_send(fleet: list[ChargePoint]) -> None:
    client = ApiClient(READ)
    answer = client.post("/command-batches", {"charge_points": ["A"], **RESET})
    assert answer.status_code == 403
