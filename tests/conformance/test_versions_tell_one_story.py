"""One day of one charger, told in both versions: core sees the same story."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chargepoints.models import Event
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, at, eventually
from tests.operated_station import EVSE, OperatedStation, energy
from tests.running_gateway import RunningGateway

TOKEN = "ONE-STORY"
COMMANDS: list[tuple[str, Payload]] = [
    ("start", {"id_token": {"value": TOKEN}, "evse_id": 1}),
    ("stop", {}),
    ("reset", {"type": "on_idle"}),
    ("unlock", {"evse_id": 1}),
    ("set_availability", {"availability": "inoperative", "evse_id": 1}),
    ("clear_cache", {}),
]


async def day_in_16(charger: OperatedCharger) -> None:
    await charger.status(1, "Available")
    await obey(charger, "start", "RemoteStartTransaction", "Accepted")
    started = await charger.start(TOKEN, meterStart=1000)
    number = started["transactionId"]
    await charger.status(1, "Charging")
    value = {"value": "1500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
    values = {"timestamp": at(), "sampledValue": [value]}
    await charger.call(
        "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [values]}
    )
    stop = {"transaction_id": str(number)}
    await obey(charger, "stop", "RemoteStopTransaction", "Accepted", stop)
    await charger.stop(number, meterStop=2000, reason="Remote")
    await charger.status(1, "Available")
    await obey(charger, "reset", "Reset", "Accepted")
    await obey(charger, "unlock", "UnlockConnector", "Unlocked")
    await obey(charger, "set_availability", "ChangeAvailability", "Accepted")
    await obey(charger, "clear_cache", "ClearCache", "Accepted")


async def day_in_201(charger: OperatedCharger) -> None:
    assert isinstance(charger, OperatedStation)
    await charger.connector_is("Available")
    asked = await obey(charger, "start", "RequestStartTransaction", "Accepted")
    transaction_id = "a-transaction-of-the-station"

    async def tell(kind: str, trigger: str, seq_no: int, **more: Any) -> None:
        info = {"transactionId": transaction_id} | more.pop("info", {})
        event = {"eventType": kind, "triggerReason": trigger, "seqNo": seq_no, "timestamp": at()}
        await charger.call("TransactionEvent", event | {"transactionInfo": info} | more)

    await tell(
        "Started",
        "RemoteStart",
        0,
        info={"remoteStartId": asked["remoteStartId"]},
        idToken={"idToken": TOKEN, "type": "ISO14443"},
        evse=EVSE,
        meterValue=[energy(1000, "Transaction.Begin")],
    )
    await charger.connector_is("Occupied")
    await tell("Updated", "MeterValuePeriodic", 1, meterValue=[energy(1500)])
    stop = {"transaction_id": transaction_id}
    await obey(charger, "stop", "RequestStopTransaction", "Accepted", stop)
    ended = [energy(2000, "Transaction.End")]
    await tell("Ended", "RemoteStop", 2, info={"stoppedReason": "Remote"}, meterValue=ended)
    await charger.connector_is("Available")
    await obey(charger, "reset", "Reset", "Accepted")
    await obey(charger, "unlock", "UnlockConnector", "Unlocked")
    await obey(charger, "set_availability", "ChangeAvailability", "Accepted")
    await obey(charger, "clear_cache", "ClearCache", "Accepted")


async def obey(
    charger: OperatedCharger, type: str, action: str, status: str, more: Payload | None = None
) -> Payload:
    """The same neutral command in both versions; each in its own words on the wire."""
    args = dict(COMMANDS)[type] | (more or {})
    request, command = await charger.command(type, args, action, {"status": status})
    assert command["state"] in ("accepted", "effect_confirmed"), command
    return request


# What the story is about, and what each version has to say of it alike.
TOLD: dict[str, tuple[str, ...]] = {
    "charge_point.booted": ("vendor", "model", "serial", "firmware", "registration"),
    "transaction.started": (
        "evse_id",
        "connector_id",
        "authorization_status",
        "decided_by",
        "meter_start_wh",
        "offline",
        "orphan",
    ),
    "transaction.ended": ("evse_id", "meter_start_wh", "meter_stop_wh", "energy_wh", "stop_reason"),
    "command.finished": ("type", "state", "error"),
}


def story(events: list[Event]) -> list[tuple[str, Any]]:
    return [
        (event.type, {name: event.data[name] for name in TOLD[event.type]})
        for event in events
        if event.type in TOLD
    ]


def told(charger: OperatedCharger) -> list[Event]:
    """The events, once the commands that end by themselves have ended."""
    events = charger.events()
    finished = [event for event in events if event.type == "command.finished"]
    return events if len(finished) == len(COMMANDS) - 1 else []


async def live(
    charger: OperatedCharger, day: Callable[[OperatedCharger], Awaitable[None]]
) -> list[Event]:
    async with charger:
        await day(charger)
        return await eventually(lambda: told(charger))


@pytest.mark.timeout(120)
async def test_core_sees_the_same_story_from_both_versions(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    # Never cached: both are decided by core, whichever asks first.
    core.decisions.tokens[TOKEN] = {"status": "accepted", "cache_ttl_s": 0}
    boot_16 = {
        "chargePointVendor": "Acme",
        "chargePointModel": "Post 150",
        "chargePointSerialNumber": "SN-1",
        "firmwareVersion": "1.0",
    }
    old = await OperatedCharger.connect(gateway, f"{identity}-16", "ocpp1.6", boot=boot_16)
    new = await OperatedStation.connect(gateway, f"{identity}-201")
    of_old, of_new = await asyncio.gather(live(old, day_in_16), live(new, day_in_201))
    assert story(of_old) == story(of_new)
    assert {event.type for event in of_old if event.type.startswith("meter")} == {
        event.type for event in of_new if event.type.startswith("meter")
    }
    tokens = [
        event.data["id_token"]["value"]
        for events in (of_old, of_new)
        for event in events
        if event.type == "transaction.started"
    ]
    assert tokens == [TOKEN, TOKEN]
