"""The examples that the OpenAPI document shows are what gateway and core say to each other."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from pytest_django import Settings

from chargepoints.api.examples import operations, recorded
from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Event
from chargepoints.services.stations import registry
from core_link import endpoints
from core_link.delivery.worker import Worker
from tests.chargepoints.api import recording
from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, at
from tests.running_gateway import RunningGateway

IDENTITY = "BUS-DEPOT-7"
KEY = "2f6f8d0c5b7a41e39d1c0b8a6f5e4d3c2b1a0f9e"
TOKEN = "04A1B2C3"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
HERE = f"charge-points/{IDENTITY}"


class Story:
    """Asks the API, and keeps what was asked and answered."""

    def __init__(self, charger: OperatedCharger) -> None:
        self.charger = charger

    async def ask(self, name: str, method: str, path: str, body: Any = None) -> Any:
        more = {} if body is None else {"json": body}
        answer = await self.charger.api(method, path, **more)
        assert answer.ok, answer.text
        text = answer.text.replace(self.charger.gateway.http, "https://gateway.example.com")
        shown = json.loads(text) if text else None
        recording.keep(name, body, answer.status_code, shown)
        return shown


async def registered(gateway: RunningGateway) -> tuple[Story, OperatedCharger]:
    row = ChargePoint(identity=IDENTITY)
    charger = OperatedCharger(gateway, row, charger=None)  # type: ignore[arg-type]
    story = Story(charger)
    body = {"identity": IDENTITY, "external_id": "core-4711", "site": "Depot", "password": KEY}
    await story.ask("charge_points_create", "POST", "charge-points", body)
    charger.row = ChargePoint.objects.get(identity=IDENTITY)
    charger.charger = await gateway.connect(IDENTITY, key=KEY)
    await charger.call("BootNotification", BOOT_16)
    await charger.status(1, "Available")
    return story, charger


async def charges(story: Story, charger: OperatedCharger) -> None:
    """A start from core, some energy, and the stop."""
    start = {
        "type": "start",
        "args": {"id_token": {"value": TOKEN, "type": "ISO14443"}, "evse_id": 1},
        "wait": "effect",
        "timeout_s": 30,
    }
    asked = asyncio.create_task(
        story.ask("charge_points_commands_create", "POST", f"{HERE}/commands", start)
    )
    await charger.obey("RemoteStartTransaction", {"status": "Accepted"})
    number = (await charger.start(TOKEN, meterStart=1000))["transactionId"]
    command = await asked
    await story.ask("commands_retrieve", "GET", f"commands/{command['id']}")
    sampled = [
        {"value": "1500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": "11000", "measurand": "Power.Active.Import", "unit": "W"},
    ]
    value = {"timestamp": at(), "sampledValue": sampled}
    await charger.call(
        "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}
    )
    await story.ask("charge_points_meter_values_list", "GET", f"{HERE}/meter-values?limit=1")
    here = f"charge_point={IDENTITY}"
    await story.ask("meter_values_list", "GET", f"meter-values?{here}&limit=1")
    await story.ask("transactions_list", "GET", f"transactions?{here}&open=true")
    await charger.stop(number, meterStop=2000, reason="Remote")
    await story.ask("transactions_retrieve", "GET", f"transactions/{command['transaction']}")
    await story.ask("charge_points_transactions_list", "GET", f"{HERE}/transactions")


async def is_looked_at(story: Story) -> None:
    await story.ask("charge_points_retrieve", "GET", HERE)
    await story.ask("charge_points_list", "GET", "charge-points?external_id=core-4711")
    settings = {"name": "Bus lane 7", "core_unreachable": "cached_then_accept"}
    await story.ask("charge_points_partial_update", "PATCH", HERE, settings)
    messages = f"{HERE}/messages?action=StartTransaction"
    await story.ask("charge_points_messages_list", "GET", messages)
    await story.ask("charge_points_configuration_list", "GET", f"{HERE}/configuration?limit=1")
    kinds = "type=transaction.started"
    await story.ask("charge_points_events_list", "GET", f"{HERE}/events?{kinds}")
    after = await place_of_the_start(story.charger) - 1
    await story.ask("events_list", "GET", f"events?after={after}&{kinds}&limit=1")


async def place_of_the_start(charger: OperatedCharger) -> int:
    """In the feed; given when somebody reads that, and nothing before it can still be committed."""
    starts = Event.objects.filter(charge_point=charger.row, type="transaction.started")
    while (position := starts.get().position) is None:
        await charger.api("GET", "events?limit=1")
    return position


async def is_commanded_later(story: Story) -> None:
    later = {"type": "reset", "args": {"type": "on_idle"}, "not_before": TOMORROW}
    expires = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    batch = later | {"charge_points": [IDENTITY], "expires_at": expires}
    taken = await story.ask("command_batches_create", "POST", "command-batches", batch)
    await story.ask("command_batches_retrieve", "GET", f"command-batches/{taken['id']}")
    queued = await story.ask("commands_list", "GET", f"commands?batch={taken['id']}")
    command_id = queued["results"][0]["id"]
    await story.ask("commands_cancel_create", "POST", f"commands/{command_id}/cancel")
    await story.ask("charge_points_commands_list", "GET", f"{HERE}/commands?state=cancelled")


async def has_tokens_and_endpoints(story: Story) -> None:
    token = {"value": "04D4E5F6", "type": "ISO14443", "group_id_token": "DEPOT"}
    made = await story.ask("id_tokens_create", "POST", "id-tokens", token)
    path = f"id-tokens/{made['id']}"
    await story.ask("id_tokens_retrieve", "GET", path)
    await story.ask("id_tokens_list", "GET", "id-tokens?value=04D4E5F6")
    await story.ask("id_tokens_update", "PUT", path, token | {"status": "blocked"})
    await story.ask("id_tokens_destroy", "DELETE", path)
    billing = {
        "name": "billing",
        "url": "https://billing.example.com/events",
        "event_types": ["transaction.started", "transaction.ended"],
    }
    made = await story.ask("endpoints_create", "POST", "endpoints", billing)
    path = f"endpoints/{made['id']}"
    await story.ask("endpoints_retrieve", "GET", path)
    await story.ask("endpoints_list", "GET", "endpoints")
    changed = {"event_types": ["transaction.ended"]}
    await story.ask("endpoints_partial_update", "PATCH", path, changed)
    await story.ask("endpoints_rotate_secret_create", "POST", f"{path}/rotate-secret")
    await story.ask("endpoints_end_rotation_create", "POST", f"{path}/end-rotation")
    reason = {"reason": "moving house"}
    await story.ask("endpoints_pause_create", "POST", f"{path}/pause", reason)
    again = {"since": "2026-11-22T08:00:00Z"}
    await story.ask("endpoints_resend_create", "POST", f"{path}/resend", again)
    await story.ask("endpoints_resume_create", "POST", f"{path}/resume")
    await story.ask("endpoints_destroy", "DELETE", path)


async def test_the_api_answers_as_its_examples_show(
    gateway: RunningGateway, core: FakeCore
) -> None:
    core.decisions.tokens[TOKEN] = {
        "status": "accepted",
        "group_id_token": "DEPOT",
        "expires_at": "2027-01-01T00:00:00Z",
        "cache_ttl_s": 300,
    }
    story, charger = await registered(gateway)
    async with charger:
        interval = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
        answer = {"configurationKey": [interval], "unknownKey": []}
        await charger.command("get_configuration", {}, "GetConfiguration", answer)
        await charges(story, charger)
        await charger.call("DataTransfer", {"vendorId": "com.acme", "messageId": "hello"})
        await is_looked_at(story)
        await is_commanded_later(story)
        await has_tokens_and_endpoints(story)
    for name in ("authorize", "boot", "data-transfer"):
        exchange = asked_of(core, name)
        recording.keep(name, exchange.request, exchange.status, exchange.response)


def asked_of(core: FakeCore, name: str) -> Any:
    """The question about our charge point, as core got and answered it."""
    return next(
        each
        for each in core.journal.decisions
        if each.path == f"/{name}" and each.request["charge_point"] == IDENTITY
    )


@pytest.mark.django_db(transaction=True)
def test_core_is_told_events_as_the_example_shows(settings: Settings) -> None:
    (shown,) = recorded()["events_list"]["response"]["results"]
    charge_point = registry.register(IDENTITY, external_id="core-4711")
    with FakeCore() as core:
        settings.EVENTS_URL = core.url + "/events"
        endpoints.follow_environment()
        with unit_of_work() as unit:
            quality = shown["time_quality"]
            told = {"time_quality": quality, "ocpp": shown["ocpp"]}
            unit.emit(charge_point.pk, shown["type"], shown["data"], **told)
        Worker().run_once()
        (delivery,) = core.journal.deliveries
    recording.keep("events", delivery.request, delivery.status or 0, delivery.response)


def test_every_example_fits_its_schema_and_is_in_the_document() -> None:
    document = Client().get("/openapi.json").json()
    named = dict(operations(document))
    assert set(recorded()) <= set(named)
    bodies = [
        media
        for operation in named.values()
        for body in [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in body.get("content", {}).values()
        if "example" in media
    ]
    assert len(bodies) > 50
    for media in bodies:
        schema = {**media["schema"], "components": document["components"]}
        found = jsonschema_rs.Draft202012Validator(schema).iter_errors(media["example"])
        assert [f"{each.instance_path}: {each.message}" for each in found] == []
