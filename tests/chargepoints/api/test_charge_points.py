"""The registry: charge points registered, found, changed and removed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chargepoints.models import ChargePoint, Connector, Credential, Evse
from chargepoints.services.stations import registry
from tests.chargepoints.api.client import ApiClient, begin, connect, register, trace


def test_a_charge_point_is_registered_and_found_in_any_case(client: ApiClient) -> None:
    body = {"identity": "Depot-7", "name": "Gate", "external_id": "core-7", "site": "North"}
    answer = client.post("/charge-points", body)
    assert answer.status_code == 201
    assert answer["Location"] == "/api/v1/charge-points/Depot-7"
    found = client.get("/charge-points/DEPOT-7")
    assert found.status_code == 200
    assert found.json() == answer.json()
    assert {name: found.json()[name] for name in body} == body
    assert ChargePoint.objects.get().counters.event_sequence == 0


def test_a_new_charge_point_has_the_contracts_shape(client: ApiClient) -> None:
    shown = client.post("/charge-points", {"identity": "DEPOT-7"}).json()
    assert shown.pop("created_at").endswith("Z")
    assert shown == {
        "identity": "DEPOT-7",
        "name": "",
        "external_id": "",
        "site": "",
        "registration": "accepted",
        "security_profile": 1,
        "protocol": None,
        "pinned_protocol": None,
        "strict": False,
        "check_user_name": True,
        "proactive": True,
        "file_transfer": None,
        "core_unreachable": None,
        "heartbeat_interval": None,
        "vendor": "",
        "model": "",
        "serial": "",
        "firmware": "",
        "booted_at": None,
        "boot_reason": "",
        "status": None,
        "error_code": "",
        "status_at": None,
        "connection": {"online": False, "since": None, "last_seen": None, "remote_address": None},
        "evses": [],
        "capabilities": {"commands": [], "raw_actions": []},
        "quirks": [],
        "assigned_quirks": [],
        "clock_skew_s": None,
        "deaf_since": None,
    }


def test_a_connected_charge_point_shows_its_connection_and_connectors(client: ApiClient) -> None:
    charge_point = register()
    connect(charge_point)
    evse = Evse.objects.create(charge_point=charge_point, evse_id=1)
    Connector.objects.create(evse=evse, status="occupied", ocpp_status="Charging")
    shown = client.get("/charge-points/DEPOT-7").json()
    assert shown["protocol"] == "ocpp1.6"
    assert shown["connection"]["online"] is True
    assert shown["connection"]["since"] is not None
    assert shown["connection"]["remote_address"] == "10.0.0.7"
    assert shown["evses"][0]["evse_id"] == 1
    connector = shown["evses"][0]["connectors"][0]
    assert (connector["connector_id"], connector["status"]) == (1, "occupied")
    assert connector["ocpp_status"] == "Charging"
    assert "start" in shown["capabilities"]["commands"]
    assert "Reset" in shown["capabilities"]["raw_actions"]


def test_an_offline_charge_point_shows_since_when(client: ApiClient) -> None:
    charge_point = register()
    connection = connect(charge_point)
    connection.closed_at = timezone.now().replace(microsecond=0)
    connection.save()
    ChargePoint.objects.update(connection=None)
    shown = client.get("/charge-points/DEPOT-7").json()["connection"]
    assert shown["online"] is False
    assert shown["since"] == connection.closed_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert shown["remote_address"] == "10.0.0.7"


def test_the_list_takes_the_same_queries_however_long_it_is(
    client: ApiClient, django_assert_num_queries: Any
) -> None:
    for number in range(10):
        charge_point = register(f"CP-{number}")
        Connector.objects.create(evse=Evse.objects.create(charge_point=charge_point, evse_id=1))
    client.get("/charge-points")
    with django_assert_num_queries(4):
        assert len(client.get("/charge-points").json()["results"]) == 10


def test_the_password_opens_the_door_and_is_never_shown(client: ApiClient) -> None:
    body = {"identity": "DEPOT-7", "password": "0123456789abcdef"}
    answer = client.post("/charge-points", body)
    assert "password" not in answer.json()
    assert Credential.objects.get().matches(b"0123456789abcdef")
    changed = client.patch("/charge-points/DEPOT-7", {"password": "fedcba9876543210"})
    assert changed.status_code == 200
    assert Credential.objects.get().matches(b"fedcba9876543210")


def test_a_password_may_have_any_characters_that_can_be_seen(client: ApiClient) -> None:
    """2.0.1, errata 2.1: passwordString is UTF-8."""
    password = "hat Käse für 3 € gekauft"
    assert client.post("/charge-points", {"identity": "A", "password": password}).status_code == 201
    assert Credential.objects.get().matches(password.encode())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/identity"),
        ({"identity": "a/b"}, "/identity"),
        ({"identity": "x" * 49}, "/identity"),
        ({"identity": 5}, "/identity"),
        ({"identity": "A", "nam": "x"}, "/nam"),
        ({"identity": "A", "a/b~c": "x"}, "/a~1b~0c"),
        ({"identity": "A", "registration": "perhaps"}, "/registration"),
        ({"identity": "A", "security_profile": 4}, "/security_profile"),
        ({"identity": "A", "security_profile": "1"}, "/security_profile"),
        ({"identity": "A", "strict": "yes"}, "/strict"),
        ({"identity": "A", "pinned_protocol": "ocpp1.5"}, "/pinned_protocol"),
        ({"identity": "A", "heartbeat_interval": 0}, "/heartbeat_interval"),
        ({"identity": "A", "password": "short"}, "/password"),
        ({"identity": "A", "password": "with a tab\tin the middle"}, "/password"),
        ({"identity": "A", "name": None}, "/name"),
        ([], ""),
    ],
)
def test_what_cannot_be_registered_is_pointed_at(
    client: ApiClient, body: Any, pointer: str
) -> None:
    answer = client.post("/charge-points", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}
    assert not ChargePoint.objects.exists()


def test_an_identity_is_taken_in_any_case(client: ApiClient) -> None:
    register("Depot-7")
    answer = client.post("/charge-points", {"identity": "DEPOT-7"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "already_exists"
    assert answer.json()["errors"] == [{"pointer": "/identity", "message": "taken"}]


def test_a_patch_writes_what_it_names_and_nothing_else(client: ApiClient) -> None:
    charge_point = register(name="Gate", site="North")
    before = charge_point.settings_changed_at
    # What the gateway writes meanwhile must survive.
    statements = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        answer = client.patch("/charge-points/depot-7", {"site": "South", "pinned_protocol": None})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["site"]) == ("Gate", "South")
    update = next(sql for sql in statements if sql.startswith('UPDATE "chargepoints_chargepoint"'))
    written = re.findall(r'"(\w+)" = ', update.partition(" WHERE")[0])
    assert set(written) == {"site", "pinned_protocol", "settings_changed_at"}
    charge_point.refresh_from_db()
    assert charge_point.settings_changed_at > before


def test_null_gives_a_setting_back_to_the_server(client: ApiClient) -> None:
    register(pinned_protocol="ocpp1.6", core_unreachable="reject", heartbeat_interval=60)
    body = {"pinned_protocol": None, "core_unreachable": None, "heartbeat_interval": None}
    answer = client.patch("/charge-points/DEPOT-7", body)
    assert {name: answer.json()[name] for name in body} == body


def test_an_identity_cannot_be_changed(client: ApiClient) -> None:
    register("Depot-7")
    answer = client.patch("/charge-points/DEPOT-7", {"identity": "OTHER"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/identity"
    assert client.patch("/charge-points/DEPOT-7", {"identity": "DEPOT-7"}).status_code == 200
    assert ChargePoint.objects.get().identity == "Depot-7"


def test_a_charge_point_is_removed_with_its_history(client: ApiClient) -> None:
    charge_point = register()
    connect(charge_point)
    trace(charge_point, "Heartbeat")
    begin(charge_point, 1)
    assert client.delete("/charge-points/depot-7").status_code == 204
    assert client.get("/charge-points/DEPOT-7").status_code == 404
    assert not ChargePoint.objects.exists()


@pytest.mark.parametrize("path", ["NOBODY", "a%00b", "%ff", "x" * 300])
def test_an_unknown_charge_point_is_404(client: ApiClient, path: str) -> None:
    for method in ("get", "delete"):
        answer = client.request(method, f"/charge-points/{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


def test_charge_points_are_narrowed_down_by_their_settings_and_state(client: ApiClient) -> None:
    registry.register("A", site="North", external_id="1")
    registry.register("B", site="South", registration="pending")
    connect(register("C", site="South"), "ocpp2.0.1")

    def found(query: str) -> list[str]:
        results = client.get(f"/charge-points?{query}").json()["results"]
        return [result["identity"] for result in results]

    assert found("site=South") == ["B", "C"]
    assert found("external_id=1") == ["A"]
    assert found("registration=pending") == ["B"]
    assert found("online=true") == ["C"]
    assert found("online=false") == ["A", "B"]
    assert found("protocol=ocpp2.0.1") == ["C"]
    assert found("site=South&online=false") == ["B"]


def test_last_seen_is_in_utc_with_milliseconds(client: ApiClient) -> None:
    charge_point = register()
    seen = timezone.now().replace(microsecond=5000) - timedelta(days=1)
    ChargePoint.objects.filter(pk=charge_point.pk).update(last_seen_at=seen)
    shown = client.get("/charge-points/DEPOT-7").json()
    assert shown["connection"]["last_seen"] == seen.strftime("%Y-%m-%dT%H:%M:%S.005Z")
