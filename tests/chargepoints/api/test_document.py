"""The OpenAPI document: valid, whole, honest; and the page made of it, which asks nobody else."""

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

from chargepoints.models import Event, Evse, Mirror, Variable
from chargepoints.services.commands.command_types import COMMAND_TYPES
from core_link import answers
from core_link.models import Endpoint
from tests.chargepoints.api.client import (
    MORNING,
    ApiClient,
    begin,
    connect,
    measure,
    register,
    trace,
)

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def document() -> Any:
    return Client().get("/api/v1/openapi.json").json()


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.slow
def test_it_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"] == "3.1.1"
    validate_schema(document)  # type: ignore[no-untyped-call]


def test_it_is_the_same_at_both_of_its_addresses() -> None:
    one, two = Client().get("/openapi.json"), Client().get("/api/v1/openapi.json")
    assert one.content == two.content
    assert one["Content-Type"] == "application/json"
    again = Client().get("/openapi.json", headers={"If-None-Match": one["ETag"]})
    assert again.status_code == 304


def test_it_has_all_that_the_contract_names(document: Any) -> None:
    charge_point = "/api/v1/charge-points/{identity}"
    named = {
        "/api/v1/charge-points": {"get", "post"},
        charge_point: {"get", "patch", "delete"},
        f"{charge_point}/transactions": {"get"},
        f"{charge_point}/meter-values": {"get"},
        f"{charge_point}/messages": {"get"},
        f"{charge_point}/events": {"get"},
        f"{charge_point}/configuration": {"get"},
        f"{charge_point}/charging-profiles": {"get"},
        f"{charge_point}/certificates": {"get"},
        f"{charge_point}/display-messages": {"get"},
        f"{charge_point}/monitors": {"get"},
        f"{charge_point}/event-streams": {"get"},
        f"{charge_point}/tariffs": {"get"},
        f"{charge_point}/der-controls": {"get"},
        f"{charge_point}/commands": {"get", "post"},
        "/api/v1/command-batches": {"post"},
        "/api/v1/command-batches/{id}": {"get"},
        "/api/v1/commands/{id}": {"get"},
        "/api/v1/commands/{id}/cancel": {"post"},
        "/api/v1/transactions": {"get"},
        "/api/v1/transactions/{id}": {"get"},
        "/api/v1/transactions/{id}/close": {"post"},
        "/api/v1/meter-values": {"get"},
        "/api/v1/id-tokens": {"get", "post"},
        "/api/v1/id-tokens/{id}": {"get", "put", "delete"},
        "/api/v1/events": {"get"},
    }
    for path, methods in named.items():
        assert methods <= set(document["paths"][path]), path


def test_every_operation_names_its_errors_its_key_and_its_scope(document: Any) -> None:
    for path, method, operation in operations(document):
        answered = set(operation["responses"])
        assert {"401", "403", "406", "429", "500", "503"} <= answered, path
        assert ("404" in answered) == ("{" in path), path
        assert ("415" in answered) == (method in ("post", "put", "patch")), path
        assert operation["security"] == [{"key": []}]
        assert "Needs the scope `" in operation["description"]
        schemas = [
            operation["responses"][status]["content"]["application/json"]["schema"]
            for status in answered
            if status[0] == "4"
        ]
        assert all(schema == {"$ref": "#/components/schemas/Problem"} for schema in schemas)


def test_what_can_be_changed_has_an_etag_and_takes_if_match(document: Any) -> None:
    for path in ("charge-points/{identity}", "id-tokens/{id}", "endpoints/{id}"):
        for method, operation in document["paths"][f"/api/v1/{path}"].items():
            headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
            if method == "get":
                assert headers == {"If-None-Match"}
                assert "ETag" in operation["responses"]["200"]["headers"]
                assert "304" in operation["responses"]
            else:
                assert headers == {"If-Match"}
                assert "412" in operation["responses"]


def test_what_a_list_of_one_charge_point_does_not_take_is_not_documented(document: Any) -> None:
    for path, methods in document["paths"].items():
        if "{identity}/" in path and "get" in methods:
            names = {each["name"] for each in methods["get"]["parameters"] if each["in"] == "query"}
            assert not names & {"charge_point", "site", "external_id"}, path


def test_what_to_wait_for_and_what_is_left_is_documented(document: Any) -> None:
    for _, _, operation in operations(document):
        for status in operation["responses"].keys() - {"204"}:
            headers = set(operation["responses"][status]["headers"])
            assert ("Retry-After" in headers) == (status in ("429", "503"))
            assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= headers


def test_every_command_type_has_its_own_body(document: Any) -> None:
    schemas = document["components"]["schemas"]
    mapping = schemas["CommandRequest"]["discriminator"]["mapping"]
    assert set(mapping) == set(COMMAND_TYPES)
    for type, reference in mapping.items():
        body = schemas[reference.rpartition("/")[2]]
        assert body["properties"]["type"] == {"const": type}
        assert body["properties"]["args"] == COMMAND_TYPES[type].args


def test_what_core_is_asked_and_told_is_under_webhooks(document: Any) -> None:
    asked = {path.strip("/") for path in answers.SCHEMAS}
    assert set(document["webhooks"]) == asked | {"events"}
    answer = document["webhooks"]["authorize"]["post"]["responses"]["200"]
    statuses = answer["content"]["application/json"]["schema"]["properties"]["status"]["enum"]
    assert "accepted" in statuses
    assert "concurrent_tx" in statuses


def test_every_operation_has_a_name_of_its_own(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_what_is_answered_is_what_is_documented(document: Any, client: ApiClient) -> None:
    """Each list and each resource, with a row in it, against its own schema."""
    charge_point = register()
    connect(charge_point)
    Mirror.objects.create(charge_point=charge_point, url="wss://other.example/ocpp")
    transaction = begin(charge_point, 1, ended_at=MORNING)
    trace(charge_point, "Heartbeat")
    measure(transaction, 5)
    Variable.objects.create(charge_point=charge_point, name="HeartbeatInterval", reported="300")
    Evse.objects.create(charge_point=charge_point, evse_id=1).connectors.create()
    token = client.post("/id-tokens", {"value": "04A1B2"}).json()
    command = client.post("/charge-points/DEPOT-7/commands", {"type": "reset", "args": {}}).json()
    client.request("post", f"/commands/{command['id']}/cancel")
    reset = {"type": "reset", "args": {}, "charge_points": ["DEPOT-7"]}
    batch = client.post("/command-batches", reset).json()
    roll_out = client.post("/roll-outs", reset).json()
    endpoint = Endpoint.objects.create(name="core", url="https://core.example/events")
    event = Event.objects.earliest("id")
    ids = {
        "/api/v1/endpoints/{id}": endpoint.pk,
        "/api/v1/dead-letters/{id}": endpoint.dead_letters.create(event=event, error="no").pk,
        "/api/v1/command-batches/{id}": batch["id"],
        "/api/v1/roll-outs/{id}": roll_out["id"],
        "/api/v1/roll-outs/{id}/charge-points": roll_out["id"],
        "/api/v1/transactions/{id}": transaction.pk,
        "/api/v1/id-tokens/{id}": token["id"],
        "/api/v1/commands/{id}": command["id"],
    }
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        url = path.replace("{identity}", "DEPOT-7").replace("{id}", str(ids.get(path)))
        answer = client.get(url.removeprefix("/api/v1"))
        assert answer.status_code == 200, url
        contents = methods["get"]["responses"]["200"]["content"]
        if "text/csv" in contents:
            continue
        content = contents["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        found = jsonschema_rs.Draft202012Validator(schema).iter_errors(answer.json())
        errors = [f"{error.instance_path}: {error.message}" for error in found]
        assert errors == [], url


def test_every_error_code_is_explained() -> None:
    raised = re.compile(r'(?:Problem\(\s*\d+,|CommandRefused\(|\(\d{3},)\s*"([a-z_]+)"')
    sources = [*(REPOSITORY / "chargepoints/api").glob("*.py")]
    sources += [*(REPOSITORY / "core_link/api").glob("*.py")]
    sources += [*(REPOSITORY / "chargepoints/services").rglob("*.py")]
    codes = {code for source in sources for code in raised.findall(source.read_text())}
    assert {"already_exists", "not_connected", "too_large", "not_found"} <= codes
    explained = (REPOSITORY / "docs/core-api.md").read_text()
    assert [code for code in sorted(codes) if f"`{code}`" not in explained] == []


@pytest.mark.usefixtures("static_files")
def test_the_interactive_page_asks_no_other_server() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert "/api/v1/openapi.json" in page
    sources = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page)
    assert sources
    assert all(source.startswith("/static/") for source in sources)
    for source in sources:
        assert Client().get(source).status_code == 200
    assert '"validatorUrl": null' in page


@pytest.mark.parametrize("name", ["availability", "meter-values", "transactions"])
def test_an_export_has_the_filters_of_its_list(document: Any, name: str) -> None:
    def filters(path: str) -> set[str]:
        parameters = document["paths"][f"/api/v1/{path}"]["get"]["parameters"]
        return {each["name"] for each in parameters if each["in"] == "query"}

    of_list = filters(name) - {"cursor", "limit"}
    assert "site" in of_list
    assert filters(f"{name}/export.csv") == of_list
