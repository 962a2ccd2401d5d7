"""Commands: taken in, refused, repeated, looked at, cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command, CommandBatch, Event
from chargepoints.services.commands import outcomes
from tests.chargepoints.api.client import ApiClient, connect, register

PATH = "/charge-points/DEPOT-7/commands"
RESET = {"type": "reset", "args": {"type": "on_idle"}}
START = {"type": "start", "args": {"id_token": {"value": "04A1B2"}, "evse_id": 1}}


@pytest.fixture
def charge_point(db: None) -> ChargePoint:
    charge_point = register()
    connect(charge_point)
    return charge_point


def test_a_command_is_taken_in_and_can_be_looked_at(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    answer = client.post("/charge-points/depot-7/commands", RESET)
    assert answer.status_code == 202
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/commands/{shown['id']}"
    assert client.get(f"/commands/{shown['id']}").json() == shown
    assert client.get(PATH).json()["results"] == [shown]
    assert client.get("/commands?charge_point=DEPOT-7&state=queued").json()["results"] == [shown]
    created, expires = shown.pop("created_at"), shown.pop("expires_at")
    assert created < expires
    assert shown == {
        "id": shown["id"],
        "charge_point": "DEPOT-7",
        "external_id": "",
        "batch": None,
        "type": "reset",
        "args": {"type": "on_idle"},
        "requested_by": "api:core",
        "state": "queued",
        "not_before": None,
        "sent_at": None,
        "answered_at": None,
        "finished_at": None,
        "transaction": None,
        "result": None,
        "cautions": [],
        "trace_id": Command.objects.get().trace,
        "ocpp": {
            "version": None,
            "action": None,
            "message_id": None,
            "request": None,
            "response": None,
            "duration_ms": None,
        },
        "error": None,
    }


def test_a_command_whose_answer_holds_a_number_of_any_size_is_shown(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    """PostgreSQL gives 1e300, which a charger may say, back with all its 301 digits."""
    command = client.post(PATH, RESET).json()
    Command.objects.update(response={"number": 10**300})
    for shown in (
        client.get(f"/commands/{command['id']}").json(),
        client.get(PATH).json()["results"][0],
    ):
        assert shown["ocpp"]["response"] == {"number": 1e300}


def test_a_finished_command_shows_the_exchange_and_the_error(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    shown = client.post(PATH, RESET).json()
    command = Command.objects.get()
    with unit_of_work() as unit:
        outcomes.finish(
            unit,
            command,
            Command.State.REJECTED,
            ocpp_version="1.6",
            action="Reset",
            message_id="m1",
            request={"type": "Soft"},
            response={"status": "Rejected"},
            duration_ms=12.5,
            error_class="station",
            error_code="Rejected",
        )
    shown = client.get(f"/commands/{shown['id']}").json()
    assert shown["state"] == "rejected"
    assert shown["ocpp"] == {
        "version": "1.6",
        "action": "Reset",
        "message_id": "m1",
        "request": {"type": "Soft"},
        "response": {"status": "Rejected"},
        "duration_ms": 12.5,
    }
    assert shown["error"] == {"class": "station", "code": "Rejected", "detail": ""}


def test_the_repetition_of_a_finished_command_is_200(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    client.post(PATH, RESET, Idempotency_Key="k1")
    with unit_of_work() as unit:
        outcomes.finish(unit, Command.objects.get(), Command.State.ACCEPTED)
    again = client.post(PATH, RESET, Idempotency_Key="k1")
    assert (again.status_code, again.json()["state"]) == (200, "accepted")


@pytest.mark.parametrize("key", ["", "x" * 256, "with space"])
def test_an_idempotency_key_that_is_none_is_refused(
    client: ApiClient, charge_point: ChargePoint, key: str
) -> None:
    answer = client.post(PATH, RESET, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert not Command.objects.exists()


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "invalid", "/type"),
        ({"type": "dance"}, "unknown_type", None),
        ({"type": "start", "args": {}}, "invalid_args", "/args"),
        ({"type": "start", "args": []}, "invalid_args", "/args"),
        (
            {"type": "start", "args": {"id_token": {"value": "A"}, "connector_id": 1}},
            "invalid_args",
            "/args",
        ),
        (
            {"type": "start", "args": {"id_token": {"value": "A"}, "evse_id": 0}},
            "invalid_args",
            "/args/evse_id",
        ),
        ({"type": "reset", "args": {}, "wait": "long"}, "invalid", "/wait"),
        ({"type": "reset", "args": {}, "timeout_s": 0}, "invalid", "/timeout_s"),
        ({"type": "reset", "args": {}, "expires_at": "soon"}, "invalid", "/expires_at"),
        ({"type": "reset", "args": {}, "priority": 1}, "invalid", "/priority"),
        (
            {
                "type": "reset",
                "expires_at": "2027-01-01T00:00:00Z",
                "not_before": "2027-01-02T00:00:00Z",
            },
            "invalid",
            "/expires_at",
        ),
        (
            {"type": "raw", "args": {"action": "Reset", "payload": {"type": 5}}},
            "invalid_args",
            "/args/payload/type",
        ),
    ],
)
def test_what_is_no_command_is_pointed_at(
    client: ApiClient, charge_point: ChargePoint, body: Any, code: str, pointer: str | None
) -> None:
    answer = client.post(PATH, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == ({pointer} if pointer else set())
    assert not Command.objects.exists()


def test_what_the_charger_cannot_do_or_is_not_there_for_is_409(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    unknown = {"type": "raw", "args": {"action": "GetVariables", "payload": {}}}
    answer = client.post(PATH, unknown)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_supported")
    ChargePoint.objects.update(connection=None)
    answer = client.post(PATH, START)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    assert client.post(PATH, START | {"expires_at": later}).status_code == 202


def test_a_command_for_later_is_kept_until_then(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    client.post(PATH, RESET | {"not_before": (timezone.now() + timedelta(days=9)).isoformat()})
    command = Command.objects.get()
    assert command.not_before is not None
    assert command.expires_at - command.not_before == timedelta(days=1)


def test_a_command_that_could_never_be_sent_is_refused(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    for path, body in [(PATH, RESET), ("/command-batches", RESET | {"charge_points": ["DEPOT-7"]})]:
        answer = client.post(path, body | {"expires_at": past})
        assert (answer.status_code, answer.json()["code"]) == (400, "already_expired")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/expires_at"]
    assert not Command.objects.exists() and not CommandBatch.objects.exists()


def test_a_repetition_gets_its_command_after_that_has_expired(
    client: ApiClient, charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = RESET | {"expires_at": (timezone.now() + timedelta(hours=1)).isoformat()}
    batch = body | {"charge_points": ["DEPOT-7"]}
    first = client.post(PATH, body, Idempotency_Key="k1").json()
    many = client.post("/command-batches", batch, Idempotency_Key="k2").json()
    much_later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: much_later)
    assert client.post(PATH, body, Idempotency_Key="k1").json()["id"] == first["id"]
    again = client.post("/command-batches", batch, Idempotency_Key="k2")
    assert (again.status_code, again.json()["id"]) == (202, many["id"])


def test_a_queued_command_can_be_cancelled_once(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    command = client.post(PATH, RESET).json()
    answer = client.request("post", f"/commands/{command['id']}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert Event.objects.get().type == "command.finished"
    answer = client.request("post", f"/commands/{command['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_cancellable")


PROFILE = {
    "purpose": "default",
    "kind": "absolute",
    "unit": "A",
    "periods": [{"start_s": 0, "limit": 16}],
}


def set_profile(client: ApiClient, limit: int, **more: Any) -> Any:
    profile = PROFILE | {"periods": [{"start_s": 0, "limit": limit}]} | more.pop("profile", {})
    args = {"evse_id": more.pop("evse_id", 0), "profile": profile}
    return client.post(PATH, {"type": "set_charging_profile", "args": args} | more).json()


def test_a_newer_profile_replaces_an_older_one_that_is_queued(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    old, new = set_profile(client, 16), set_profile(client, 10)
    shown = client.get(f"/commands/{old['id']}").json()
    assert (shown["state"], shown["error"]["code"]) == ("cancelled", "superseded")
    assert new["id"] in shown["error"]["detail"]
    assert client.get(f"/commands/{new['id']}").json()["state"] == "queued"
    finished = Event.objects.get()
    assert (finished.data["command_id"], finished.data["error"]["code"]) == (
        old["id"],
        "superseded",
    )


def test_what_does_not_undo_the_other_replaces_nothing(
    client: ApiClient, charge_point: ChargePoint
) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    after = (timezone.now() + timedelta(days=2)).isoformat()
    others: list[dict[str, Any]] = [
        {},
        {"evse_id": 1},
        {"profile": {"stack_level": 1}},
        {"profile": {"purpose": "station_max"}},
        {"not_before": tomorrow, "expires_at": after},
    ]
    for other in others:
        set_profile(client, 16, **other)
    sent = Command.objects.earliest("created_at")
    Command.objects.filter(pk=sent.pk).update(state=Command.State.SENT, sent_at=timezone.now())
    set_profile(client, 10)
    assert not Command.objects.filter(state=Command.State.CANCELLED).exists()


@pytest.mark.parametrize(
    ("protocol", "command"),
    [
        (
            "ocpp1.6",
            {
                "type": "raw",
                "args": {
                    "action": "ChangeConfiguration",
                    "payload": {"key": "AuthorizationKey", "value": "5EC12E7"},
                },
            },
        ),
        (
            "ocpp2.0.1",
            {
                "type": "raw",
                "args": {
                    "action": "SetVariables",
                    "payload": {
                        "setVariableData": [
                            {
                                "component": {"name": "SecurityCtrlr"},
                                "variable": {"name": "BasicAuthPassword"},
                                "attributeValue": "5EC12E7",
                            }
                        ]
                    },
                },
            },
        ),
        (
            "ocpp2.0.1",
            {
                "type": "raw",
                "args": {
                    "action": "SetNetworkProfile",
                    "payload": {
                        "configurationSlot": 1,
                        "connectionData": {
                            "ocppVersion": "OCPP20",
                            "ocppTransport": "JSON",
                            "ocppCsmsUrl": "wss://gateway.example/ocpp",
                            "messageTimeout": 30,
                            "securityProfile": 2,
                            "ocppInterface": "Wireless0",
                            "apn": {
                                "apn": "internet",
                                "apnPassword": "5EC12E7",
                                "apnAuthentication": "CHAP",
                            },
                            "vpn": {
                                "server": "vpn.example",
                                "user": "charger",
                                "password": "5EC12E7",
                                "key": "5EC12E7",
                                "type": "IPSec",
                            },
                        },
                    },
                },
            },
        ),
        (
            "ocpp1.6",
            {"type": "set_configuration", "args": {"key": "AuthorizationKey", "value": "5EC12E7"}},
        ),
        (
            "ocpp2.0.1",
            {
                "type": "set_variables",
                "args": {
                    "variables": [
                        {
                            "component": "SecurityCtrlr",
                            "variable": "BasicAuthPassword",
                            "value": "5EC12E7",
                        }
                    ]
                },
            },
        ),
    ],
)
def test_a_password_in_the_arguments_is_shown_to_nobody(
    client: ApiClient, db: None, protocol: str, command: dict[str, Any]
) -> None:
    connect(register(), protocol)
    answer = client.post(PATH, command)
    assert answer.status_code == 202, answer.json()
    assert "5EC12E7" not in answer.content.decode()
    assert "(not shown)" in answer.content.decode()
    assert "5EC12E7" not in client.get("/commands").content.decode()
    batch = client.post("/command-batches", command | {"charge_points": ["DEPOT-7"]})
    assert batch.status_code == 202
    assert "5EC12E7" not in batch.content.decode()


def test_a_command_for_nobody_is_404(client: ApiClient) -> None:
    assert client.post("/charge-points/NOBODY/commands", RESET).status_code == 404
    nobody = "/commands/00000000-0000-0000-0000-000000000000"
    assert client.get(nobody).status_code == 404
    assert client.request("post", f"{nobody}/cancel").status_code == 404
