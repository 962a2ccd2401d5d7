"""One day of one charger, told in every version: core sees the same story."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chargepoints.models import Event
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, at, eventually
from tests.operated_station import EVSE, OperatedStation, energy
from tests.pki import root_certificate
from tests.running_gateway import RunningGateway

TOKEN = "ONE-STORY"
ROOT = root_certificate("Some Root")
COMMANDS: list[tuple[str, Payload]] = [
    ("start", {"id_token": {"value": TOKEN}, "evse_id": 1}),
    ("stop", {}),
    ("reset", {"type": "on_idle"}),
    ("unlock", {"evse_id": 1}),
    ("set_availability", {"availability": "inoperative", "evse_id": 1}),
    ("clear_cache", {}),
    ("install_certificate", {"use": "csms_root", "certificate": ROOT}),
    ("set_configuration", {"value": "90"}),
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
    await obey(charger, "install_certificate", "InstallCertificate", "Accepted")
    key = {"key": "HeartbeatInterval"}
    await obey(charger, "set_configuration", "ChangeConfiguration", "Accepted", key)


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
    await tell("Updated", "ChargingStateChanged", 1, info={"chargingState": "Charging"})
    await tell("Updated", "MeterValuePeriodic", 2, meterValue=[energy(1500)])
    stop = {"transaction_id": transaction_id}
    await obey(charger, "stop", "RequestStopTransaction", "Accepted", stop)
    ended = [energy(2000, "Transaction.End")]
    await tell("Ended", "RemoteStop", 3, info={"stoppedReason": "Remote"}, meterValue=ended)
    await charger.connector_is("Available")
    await obey(charger, "reset", "Reset", "Accepted")
    await obey(charger, "unlock", "UnlockConnector", "Unlocked")
    await obey(charger, "set_availability", "ChangeAvailability", "Accepted")
    await obey(charger, "clear_cache", "ClearCache", "Accepted")
    await obey(charger, "install_certificate", "InstallCertificate", "Accepted")
    key = {"key": "OCPPCommCtrlr.HeartbeatInterval"}
    variable = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "attributeStatus": "Accepted",
    }
    args = dict(COMMANDS)["set_configuration"] | key
    await charger.command(
        "set_configuration", args, "SetVariables", {"setVariableResult": [variable]}
    )


async def obey(
    charger: OperatedCharger, type: str, action: str, status: str, more: Payload | None = None
) -> Payload:
    """The same neutral command in every version; each in its own words on the wire."""
    args = dict(COMMANDS)[type] | (more or {})
    request, command = await charger.command(type, args, action, {"status": status})
    assert command["state"] in ("accepted", "effect_confirmed"), command
    return request


# What the versions cannot say alike, and nothing else: all other fields of all events are compared.
OTHERWISE: dict[str, set[str]] = {
    "charge_point.online": {"protocol"},
    # 1.6 gives no reason for a boot.
    "charge_point.booted": {"reason"},
    # The charger's own word: Charging in 1.6, Occupied in 2.0.1.
    "connector.status_changed": {"ocpp_status"},
    # 1.6: an integer of ours, and a start that is recognised by its token.
    "transaction": {"id", "transaction_id", "remote_start_id"},
    # 1.6's meterStart is no sample: until the first one comes, no energy is measured.
    "transaction.updated": {"id", "transaction_id", "remote_start_id", "energy_wh"},
    "meter_values.recorded": {"transaction_id", "transaction"},
    "command.finished": {"command_id", "requested_by", "trace_id"},
    "certificate.installed": {"command_id"},
    # 1.6 has keys, 2.0.1 has variables of components.
    "charge_point.configuration_changed": {"key", "evse_id", "connector_id", "attribute"},
}
# 2.0.1 tells of a connector by NotifyEvent too.
ONLY_IN_201 = {"monitoring.event"}
BEGIN_AND_END = (1000.0, 2000.0)


def story(events: list[Event]) -> list[dict[str, Any]]:
    return [
        {
            "type": event.type,
            "time_quality": event.time_quality,
            "backfill": event.backfill,
            "deviations": event.deviations,
        }
        | alike(event)
        for event in events
        if event.type not in ONLY_IN_201 and not is_begin_or_end(event)
    ]


def alike(event: Event) -> Payload:
    kind = event.type.partition(".")[0]
    left_out = OTHERWISE.get(event.type) or OTHERWISE.get(kind) or set()
    data = {name: value for name, value in event.data.items() if name not in left_out}
    shown: Payload = without_times(data | token_without_type(data))
    return shown


def token_without_type(data: Payload) -> Payload:
    """1.6 knows no types of tokens."""
    return {"id_token": data["id_token"]["value"]} if data.get("id_token") else {}


def without_times(value: Any) -> Any:
    """Two days are never the same: only whether there is a time."""
    if isinstance(value, dict):
        return {
            name: inner is not None if name.endswith("_at") else without_times(inner)
            for name, inner in value.items()
        }
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def is_begin_or_end(event: Event) -> bool:
    """Samples of 2.0.1's Started and Ended; in 1.6 they are fields of the messages themselves."""
    moments = event.data.get("meter_values", [])
    return any(moment["energy_wh"] in BEGIN_AND_END for moment in moments)


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
async def test_core_sees_the_same_story_from_every_version(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    # Never cached: all are decided by core, whichever asks first.
    core.decisions.tokens[TOKEN] = {"status": "accepted", "cache_ttl_s": 0}
    boot_16 = {
        "chargePointVendor": "Acme",
        "chargePointModel": "Post 150",
        "chargePointSerialNumber": "SN-1",
        "firmwareVersion": "1.0",
    }
    old = await OperatedCharger.connect(gateway, f"{identity}-16", "ocpp1.6", boot=boot_16)
    new = await OperatedStation.connect(gateway, f"{identity}-201", "ocpp2.0.1")
    newest = await OperatedStation.connect(gateway, f"{identity}-21", "ocpp2.1")
    of_old, of_new, of_newest = await asyncio.gather(
        live(old, day_in_16), live(new, day_in_201), live(newest, day_in_201)
    )
    assert story(of_old) == story(of_new)
    assert story(of_new) == story(of_newest)
    kinds = {event.type for event in of_old}
    assert {"meter_values.recorded", "transaction.updated", "transaction.ended"} <= kinds
    started = [event for event in of_new if event.type == "transaction.started"]
    assert started[0].data["id_token"] == {"value": TOKEN, "type": "ISO14443"}
