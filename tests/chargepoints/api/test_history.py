"""What happened: transactions, meter values, messages, configuration; and their pages."""

from datetime import timedelta
from typing import Any

import pytest

from chargepoints.models import Variable
from tests.chargepoints.api.client import MORNING, ApiClient, begin, measure, register, trace


def pages(client: ApiClient, path: str, key: str = "transaction_id") -> list[list[Any]]:
    """The pages from the first to the last, each as one value of its results."""
    found = []
    url: str | None = path
    while url:
        page = client.get(url).json()
        found.append([result[key] for result in page["results"]])
        url = page["next"]
    return found


def test_a_transaction_has_the_contracts_shape(client: ApiClient) -> None:
    charge_point = register()
    row = begin(
        charge_point,
        1,
        id_token_type="ISO14443",
        authorization_status="accepted",
        decided_by="core",
        meter_latest_wh=4500.0,
        ended_at=MORNING + timedelta(hours=3),
        meter_stop_wh=5000.0,
    )
    shown = client.get(f"/transactions/{row.pk}").json()
    assert shown == {
        "id": row.pk,
        "charge_point": "DEPOT-7",
        "external_id": "",
        "transaction_id": "1",
        "open": False,
        "evse_id": 1,
        "connector_id": None,
        "id_token": {"value": "04A1B2", "type": "ISO14443"},
        "group_id_token": None,
        "authorization_status": "accepted",
        "decided_by": "core",
        "started_at": "2026-11-22T09:00:00.000Z",
        "ended_at": "2026-11-22T11:00:00.000Z",
        "started_received_at": None,
        "ended_received_at": None,
        "time_quality": "charger",
        "stop_reason": None,
        "stop_id_token": None,
        "charging_state": None,
        "offline": False,
        "orphan": False,
        "superseded": False,
        "closed_by": None,
        "deviations": [],
        "energy_wh": 4000.0,
        "meter_start_wh": 1000.0,
        "meter_stop_wh": 5000.0,
        "meter_stop_source": None,
        "meter_latest_wh": 4500.0,
        "power_w": None,
        "current_a": None,
        "voltage_v": None,
        "soc_percent": None,
        "sampled_at": None,
        "remote_start_id": None,
        "reservation_id": None,
        "last_seq_no": None,
        "vehicle": None,
        "limits": None,
        "details": None,
        "total_cost": None,
    }


def test_a_transaction_without_a_token_says_so(client: ApiClient) -> None:
    row = begin(register(), 1, id_token="")
    shown = client.get(f"/transactions/{row.pk}").json()
    assert (shown["id_token"], shown["authorization_status"]) == (None, None)


def test_transactions_are_narrowed_down(client: ApiClient) -> None:
    one, two = register("ONE", site="North"), register("TWO", site="South")
    begin(one, 1, ended_at=MORNING + timedelta(hours=2))
    begin(one, 2)
    begin(two, 3, id_token="FFFF")

    def found(query: str, path: str = "/transactions") -> list[str]:
        results = client.get(f"{path}?{query}").json()["results"]
        return [result["transaction_id"] for result in results]

    assert found("") == ["3", "2", "1"]
    assert found("charge_point=one") == ["2", "1"]
    assert found("charge_point=NOBODY") == []
    assert found("site=South") == ["3"]
    assert found("token=04a1b2") == ["2", "1"]
    assert found("open=true") == ["3", "2"]
    assert found("open=false") == ["1"]
    assert found("transaction_id=2") == ["2"]
    assert found("since=2026-11-22T10:00:00Z&until=2026-11-22T12:00:00%2B01:00") == ["2"]
    assert found("since=2026-11-22T10:00:00Z") == ["3", "2"]
    assert found("open=true", "/charge-points/one/transactions") == ["2"]


def test_transactions_are_found_by_their_end_the_latest_first(client: ApiClient) -> None:
    one = register()
    for number, hours in ((1, 9), (2, 5), (3, 7)):
        begin(one, number, ended_at=MORNING + timedelta(hours=hours))
    begin(one, 4)
    assert pages(client, "/transactions?ended_since=2026-11-22T08:00:00Z&limit=2") == [
        ["1", "3"],
        ["2"],
    ]
    between = "ended_since=2026-11-22T13:00:00Z&ended_until=2026-11-22T15:00:00Z"
    assert pages(client, f"/transactions?{between}") == [["2"]]
    assert pages(client, f"/charge-points/DEPOT-7/transactions?{between}") == [["2"]]


def test_what_belongs_to_a_charge_point_is_found_by_cores_own_key(client: ApiClient) -> None:
    one, two = register("ONE", external_id="core-1"), register("TWO", external_id="core-2")
    measure(begin(one, 1), 5)
    measure(begin(two, 2), 5)
    for charge_point in (one, two):
        client.post(f"/charge-points/{charge_point.identity}/commands", {"type": "reset"})
    for path in ("/transactions", "/meter-values", "/commands"):
        (found,) = client.get(f"{path}?external_id=core-2").json()["results"]
        assert (found["charge_point"], found["external_id"]) == ("TWO", "core-2"), path


def test_a_list_of_one_charge_point_takes_no_filter_by_charge_point(client: ApiClient) -> None:
    register()
    for path in ("transactions", "meter-values", "commands"):
        for name in ("charge_point", "site", "external_id"):
            answer = client.get(f"/charge-points/DEPOT-7/{path}?{name}=x")
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_a_page_that_the_client_has_is_not_sent_again(client: ApiClient) -> None:
    charge_point = register()
    begin(charge_point, 1)
    for path in ("/transactions", "/charge-points", "/charge-points/DEPOT-7/transactions"):
        first = client.get(path)
        again = client.get(path, If_None_Match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    begin(charge_point, 2)
    changed = client.get("/transactions", If_None_Match=first["ETag"])
    assert changed.status_code == 200
    assert len(changed.json()["results"]) == 2


def test_pages_neither_repeat_nor_hide_what_was_there_when_rows_come_in(client: ApiClient) -> None:
    charge_point = register()
    for number in range(1, 6):
        begin(charge_point, number)
    first = client.get("/transactions?limit=2").json()
    assert first["previous"] is None
    begin(charge_point, 6)
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    seen = [row["transaction_id"] for page in (first, second, third) for row in page["results"]]
    assert seen == ["5", "4", "3", "2", "1"]
    assert third["next"] is None
    back = client.get(second["previous"]).json()
    assert [row["transaction_id"] for row in back["results"]] == ["5", "4"]


def test_pages_keep_the_filters(client: ApiClient) -> None:
    one, two = register("ONE"), register("TWO")
    for number in range(1, 6):
        begin(one if number % 2 else two, number)
    found = pages(client, "/transactions?charge_point=ONE&limit=2", "transaction_id")
    assert found == [["5", "3"], ["1"]]


def test_charge_points_are_paged_by_identity(client: ApiClient) -> None:
    for name in ("B", "D", "A", "C"):
        register(name)
    found = pages(client, "/charge-points?limit=3", "identity")
    assert found == [["A", "B", "C"], ["D"]]


def test_meter_values_are_shown_typed_and_as_sent(client: ApiClient) -> None:
    transaction = begin(register(), 1)
    row = measure(transaction, 5, power_w=11000.0)
    (shown,) = client.get("/meter-values").json()["results"]
    assert shown == {
        "id": row.pk,
        "charge_point": "DEPOT-7",
        "external_id": "",
        "transaction": transaction.pk,
        "evse_id": 1,
        "sampled_at": "2026-11-22T08:05:00.000Z",
        "received_at": "2026-11-22T08:05:00.000Z",
        "energy_wh": 1005.0,
        "power_w": 11000.0,
        "current_a": None,
        "voltage_v": None,
        "soc_percent": None,
        "samples": [{"value": "1005"}],
        "conflict": False,
    }


def test_meter_values_are_narrowed_down(client: ApiClient) -> None:
    one, two = begin(register("ONE"), 1), begin(register("TWO"), 2)
    measure(one, 1)
    measure(one, 2, evse_id=2)
    measure(two, 3)

    def found(path: str) -> list[float]:
        return [result["energy_wh"] for result in client.get(path).json()["results"]]

    assert found("/meter-values") == [1003.0, 1002.0, 1001.0]
    assert found(f"/meter-values?transaction={one.pk}") == [1002.0, 1001.0]
    assert found("/meter-values?charge_point=TWO") == [1003.0]
    assert found("/meter-values?evse_id=2") == [1002.0]
    assert found("/meter-values?until=2026-11-22T08:02:00Z") == [1001.0]
    assert found("/charge-points/ONE/meter-values?evse_id=1") == [1001.0]


def test_meter_values_of_one_moment_are_paged_like_any_others(client: ApiClient) -> None:
    transaction = begin(register(), 1)
    for number in range(5):
        measure(transaction, 1, key=number, evse_id=number)
    late = measure(transaction, 0, evse_id=9)
    path = f"/meter-values?transaction={transaction.pk}&limit=2"
    assert pages(client, path, "evse_id") == [[4, 3], [2, 1], [0, 9]]
    assert pages(client, "/meter-values?limit=4", "evse_id")[0][0] == late.evse_id


def test_messages_are_the_frames_as_they_went_over_the_socket(client: ApiClient) -> None:
    charge_point = register()
    trace(charge_point, "BootNotification")
    row = trace(charge_point, "Heartbeat")
    trace(register("OTHER"), "Heartbeat")
    results = client.get("/charge-points/DEPOT-7/messages").json()["results"]
    assert [result["action"] for result in results] == ["Heartbeat", "BootNotification"]
    assert results[0] == {
        "id": row.pk,
        "direction": "in",
        "action": "Heartbeat",
        "message_id": "1",
        "request": '[2,"1","Heartbeat",{}]',
        "reply": '[3,"1",{}]',
        "outcome": "result",
        "error_code": "",
        "deviations": [],
        "trace_id": row.trace,
        "started_at": "2026-11-22T08:00:00.000Z",
        "duration_ms": 1.5,
    }
    path = "/charge-points/DEPOT-7/messages?action=BootNotification&direction=in&outcome=result"
    assert len(client.get(path).json()["results"]) == 1


def test_configuration_tells_keys_and_variables_apart(client: ApiClient) -> None:
    charge_point = register()
    Variable.objects.create(
        charge_point=charge_point,
        name="HeartbeatInterval",
        reported="300",
        desired="60",
        mutability="ReadWrite",
        read_at=MORNING,
    )
    Variable.objects.create(
        charge_point=charge_point,
        component="Connector",
        component_instance="left",
        evse_id=1,
        connector_id=2,
        name="Tariff",
        instance="night",
        reported="0.2",
    )
    key, variable = client.get("/charge-points/DEPOT-7/configuration").json()["results"]
    assert key == {
        "key": "HeartbeatInterval",
        "component": None,
        "component_instance": None,
        "evse_id": None,
        "connector_id": None,
        "variable": "HeartbeatInterval",
        "instance": None,
        "attribute": "Actual",
        "reported": "300",
        "desired": "60",
        "mutability": "ReadWrite",
        "characteristics": None,
        "read_at": "2026-11-22T08:00:00.000Z",
        "set_at": None,
    }
    assert variable["key"] == "Connector[left].Tariff[night]"
    assert (variable["evse_id"], variable["connector_id"]) == (1, 2)
    path = "/charge-points/DEPOT-7/configuration?component=Connector&variable=Tariff"
    assert len(client.get(path).json()["results"]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "transactions",
        "meter-values",
        "messages",
        "events",
        "configuration",
        "charging-profiles",
        "certificates",
        "display-messages",
        "monitors",
        "event-streams",
        "tariffs",
        "der-controls",
        "commands",
    ],
)
def test_an_unknown_charge_point_has_no_history(client: ApiClient, name: str) -> None:
    assert client.get(f"/charge-points/NOBODY/{name}").status_code == 404
