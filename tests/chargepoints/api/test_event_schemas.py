"""Events have one schema for each type; what the gateways of the tests emit is checked by them."""

import json
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from chargepoints.api.event_schemas import DATA, schema_name
from chargepoints.event_types import EVENT_TYPES
from chargepoints.models import ChargingState, Event, StopReason
from tests import event_schemas
from tests.operated import BOOT_16, OperatedCharger, at, eventually
from tests.operated_station import EVSE, Charging, OperatedStation
from tests.running_gateway import RunningGateway


def test_every_type_of_event_has_a_schema_and_the_discriminator_names_it() -> None:
    schemas = event_schemas.components()["schemas"]
    assert set(DATA) == set(EVENT_TYPES)
    mapping = schemas["Event"]["discriminator"]["mapping"]
    assert set(mapping) == set(EVENT_TYPES)
    for type, reference in mapping.items():
        schema = schemas[reference.rpartition("/")[2]]
        assert schema["properties"]["type"] == {"type": "string", "const": type}
        assert schema["properties"]["data"]["$ref"].rpartition("/")[2] in schemas


@pytest.mark.parametrize(
    ("version", "message", "pick"),
    [
        ("v16", "StopTransaction", lambda schema: [schema["properties"]["reason"]["enum"], []]),
        ("v201", "TransactionEventRequest", lambda schema: _enums(schema["definitions"])),
        ("v21", "TransactionEventRequest", lambda schema: _enums(schema["definitions"])),
    ],
)
def test_reasons_and_charging_states_are_all_that_ocpp_has(
    version: str, message: str, pick: Any
) -> None:
    text = resources.files("ocpp").joinpath(version, "schemas", f"{message}.json").read_bytes()
    reasons, states = pick(json.loads(text.decode("utf-8-sig")))
    assert set(reasons) <= set(StopReason.values)
    assert set(states) <= set(ChargingState.values)


def _enums(definitions: Any) -> list[list[str]]:
    return [definitions[f"{name}EnumType"]["enum"] for name in ("Reason", "ChargingState")]


def test_an_event_that_is_not_as_documented_is_found_out() -> None:
    schema = {"$ref": f"#/components/schemas/{schema_name('charge_point.deaf')}"}
    whole = {**schema, "components": event_schemas.components()}
    validator = jsonschema_rs.Draft202012Validator(whole)
    envelope = {
        "id": "evt_1_1",
        "position": 1,
        "type": "charge_point.deaf",
        "charge_point": "CP-1",
        "external_id": "",
        "sequence": 1,
        "occurred_at": "2026-11-22T08:00:00.000Z",
        "received_at": "2026-11-22T08:00:00.000Z",
        "time_quality": "gateway",
        "backfill": False,
        "deviations": [],
        "ocpp": None,
        "trace_id": "0000000001066171b3c983a36abf4a82",
    }
    assert validator.is_valid(envelope | {"data": {"deaf": True}})
    for wrong in ({}, {"deaf": "yes"}, {"deaf": True, "since": 1}):
        assert not validator.is_valid(envelope | {"data": wrong})


async def test_reasons_and_states_are_told_in_the_words_of_ocpp(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        # The word that OCPP has for it is read for it; what is none stays as it was said.
        words = {
            "ev disconnected": ("EVDisconnected", "EVDisconnected"),
            "Ladeende": ("Ladeende", "Other"),
        }
        for connector, (said, (read, told)) in enumerate(words.items(), start=1):
            number = (await operated.start("04A1", connector))["transactionId"]
            await operated.stop(number, reason=said)
            ended = operated.events("transaction.ended")[-1]
            assert ended.data["stop_reason"] == told
            assert ended.ocpp is not None and ended.ocpp["payload"]["reason"] == read
            assert ended.deviations


async def test_a_charging_state_that_ocpp_does_not_know_changes_nothing(
    station: OperatedStation,
) -> None:
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
    await charging.tell("Updated", "ChargingStateChanged", "charging")
    await charging.tell("Updated", "ChargingStateChanged", "Dreaming")
    states = [event.data["charging_state"] for event in station.events("transaction.updated")]
    assert states == ["Charging"]


async def test_whose_time_it_is_is_told(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.call("BootNotification", BOOT_16)
        await operated.start("04A1")
        await operated.start("04A1", connector=2, timestamp="1970-01-01T00:00:00Z")
        await operated.charger.close()
        await eventually(lambda: operated.events("charge_point.offline"))

        def quality(type: str) -> list[str]:
            return [event.time_quality for event in operated.events(type)]

        # BootNotification has no time: occurred_at is when it was received.
        assert set(quality("charge_point.booted")) == {"gateway"}
        assert quality("charge_point.online") == quality("charge_point.offline") == ["gateway"]
        assert quality("transaction.started") == ["charger", "estimated"]


async def test_the_cost_of_a_transaction_is_told_with_its_end(station: OperatedStation) -> None:
    charging = await station.charging()
    cost = {"transaction_id": charging.transaction_id, "total_cost": 4.25}
    await station.command("update_cost", cost, "CostUpdated", {})
    await charging.tell("Ended", "EVDeparted", timestamp=at())
    (ended,) = Event.objects.filter(charge_point=station.row, type="transaction.ended")
    assert ended.data["total_cost"] == 4.25
    shown = await station.http("GET", "transactions")
    assert shown.json()["results"][0]["total_cost"] == 4.25
