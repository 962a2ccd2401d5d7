"""Requests made up from the OpenAPI document: no 5xx, and no answer that is not documented.

`API_EXAMPLES` is how many valid and how many invalid ones there are for each operation; they are
the same ones each time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from chargepoints.models import ApiKey, ChargePoint, Event, Mirror, Variable
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
from tests.running_gateway import RunningGateway

EXAMPLES = int(os.environ.get("API_EXAMPLES", "1"))
# A valid cursor, `If-Match` or pair of times is more than a schema can say: 400, 409 and 412 are
# documented. And the key comes from here, so that leaving it out has tests of its own.
SKIPPED = {"positive_data_acceptance", "ignored_auth"}
NEGATIVE = "negative_data_rejection"
load_all_checks()
CHECKED = [check for check in CHECKS.get_all() if check.__name__ not in SKIPPED]

Operation = Any
Case = Any


def rows() -> dict[str, Any]:
    """Something of everything; the ids by which it is found, by path."""
    charge_point = register()
    connect(charge_point, "ocpp2.0.1")
    Mirror.objects.create(charge_point=charge_point, url="wss://other.example/ocpp")
    transaction = begin(charge_point, 1, ended_at=MORNING)
    measure(transaction, 5)
    trace(charge_point, "Heartbeat")
    Variable.objects.create(charge_point=charge_point, name="Interval", component="Clock")
    client = ApiClient(name="rows")
    command = client.post("/charge-points/DEPOT-7/commands", {"type": "reset"}).json()
    client.request("post", f"/commands/{command['id']}/cancel")
    reset = {"type": "reset", "charge_points": ["DEPOT-7"]}
    endpoint = Endpoint.objects.create(name="core", url="https://core.example/events")
    letter = endpoint.dead_letters.create(event=Event.objects.earliest("id"), error="HTTP 422")
    roll_out = {"type": "reset", "waves": ["1"], "charge_points": ["DEPOT-7"]}
    return {
        "roll-outs": client.post("/roll-outs", roll_out).json()["id"],
        "charge-points": charge_point.identity,
        "commands": command["id"],
        "command-batches": client.post("/command-batches", reset).json()["id"],
        "dead-letters": letter.pk,
        "endpoints": endpoint.pk,
        "id-tokens": client.post("/id-tokens", {"value": "04A1B2"}).json()["id"],
        "transactions": transaction.pk,
    }


def checks_of(case: Case, answer: Any) -> list[Any]:
    """A parameter without a value is not sent at all, and a precondition comes before the body."""
    unsent = [value for value in (case.query or {}).values() if value in (None, [], {})]
    lenient = unsent or answer.status_code == 412
    return [check for check in CHECKED if not lenient or check.__name__ != NEGATIVE]


def play(operation: Operation, mode: GenerationMode, send: Callable[[Case], Any]) -> None:
    """Some requests to one operation, the same ones each time."""

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        answer = send(case)
        case.validate_response(answer, checks=checks_of(case, answer))

    run()


def play_all(schema: Any, secret: str, ids: dict[str, Any]) -> int:
    """Every operation, with what is there and what is not; how many requests that were."""
    sent = 0

    def send(case: Case) -> Any:
        nonlocal sent
        sent += 1
        if isinstance(case.body, dict) and case.body.get("wait") in ("ack", "effect"):
            case.body["wait"] = "none"  # nobody is there to answer
        if case.meta.generation.mode is GenerationMode.POSITIVE and sent % 3:
            resource = case.operation.path.split("/")[3]
            for name in case.path_parameters or {}:
                case.path_parameters[name] = ids[resource]
        return case.call(headers={"Authorization": f"Bearer {secret}"})

    for found in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            play(found.ok(), mode, send)
    return sent


@contextmanager
def connection_kept() -> Iterator[None]:
    """Requests leave the test's own transaction open, as those of Django's client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_answer_is_a_documented_one(db: None) -> None:
    secret = ApiKey.issue("fuzz", ApiKey.Scope.ADMIN)[1]
    ids = rows()
    with connection_kept():
        schema = schemathesis.openapi.from_wsgi("/openapi.json", WSGIHandler())
        assert play_all(schema, secret, ids) > 30 * EXAMPLES


@pytest.mark.services
@pytest.mark.timeout(300)
def test_every_answer_of_a_running_gateway_is_a_documented_one(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(API_REQUESTS_PER_MINUTE="0")
    secret = gateway.api_key()
    ids = rows()
    # Nobody holds that socket here.
    ChargePoint.objects.update(connection=None)
    schema = schemathesis.openapi.from_url(f"{gateway.http}/openapi.json")
    assert play_all(schema, secret, ids) > 30 * EXAMPLES
