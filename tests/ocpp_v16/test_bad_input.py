"""Bad input of every kind for every message: the right code or acceptance, the socket alive."""

import copy
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from chargepoints.models import Message
from ocpp_v16.version import VERSION
from tests.fakes import frames
from tests.operated import BOOT_16, OperatedCharger, Payload, at
from tests.running_gateway import RunningGateway

TIME = at(minutes=1)
SAMPLED = {
    "value": "7",
    "context": "Sample.Periodic",
    "format": "Raw",
    "measurand": "Voltage",
    "phase": "L1",
    "location": "Outlet",
    "unit": "V",
}
METER_VALUE = [{"timestamp": TIME, "sampledValue": [SAMPLED]}]
VALID: dict[str, Payload] = {
    "Authorize": {"idTag": "TAG"},
    "BootNotification": BOOT_16 | {"iccid": "1", "imsi": "2", "meterType": "M"},
    "DataTransfer": {"vendorId": "Acme", "messageId": "m", "data": "d"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
    "Heartbeat": {},
    "LogStatusNotification": {"status": "Idle", "requestId": 1},
    "MeterValues": {"connectorId": 1, "transactionId": 5, "meterValue": METER_VALUE},
    "SecurityEventNotification": {"type": "SettingSystemTime", "timestamp": TIME, "techInfo": "x"},
    "SignCertificate": {"csr": "no request at all"},
    "SignedFirmwareStatusNotification": {"status": "Idle", "requestId": 1},
    "StartTransaction": {"connectorId": 1, "idTag": "TAG", "meterStart": 1, "timestamp": TIME},
    "StatusNotification": {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": TIME,
        "info": "i",
        "vendorId": "v",
        "vendorErrorCode": "e",
    },
    "StopTransaction": {
        "transactionId": 5,
        "meterStop": 2,
        "timestamp": TIME,
        "idTag": "TAG",
        "reason": "Local",
        "transactionData": METER_VALUE,
    },
}
ACTIONS = sorted(VALID)
# An object in the place of a list is taken for its one element.
ALLOWED = {
    "missing": {"OccurenceConstraintViolation"},
    "object": {"TypeConstraintViolation", "OccurenceConstraintViolation", "result"},
    "odd number": {"result", "PropertyConstraintViolation"},
} | dict.fromkeys(("extra", "number", "long", "empty", "nul", "text", "spared"), {"result"})
# About energy: never refused for what can be read another way.
ABOUT_TRANSACTIONS = {"MeterValues", "StartTransaction", "StopTransaction"}


def said(frame: list[Any]) -> str:
    return "result" if frame[0] == frames.CALLRESULT else str(frame[2])


def schema_of(action: str) -> Any:
    path = files("ocpp.v16").joinpath("schemas", f"{action}.json")
    return json.loads(path.read_text(encoding="utf-8-sig"))


def places(schema: Any, payload: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any, Any]]:
    """(path, its schema, whether it is required) of every field that the payload has."""
    for name, value in payload.items():
        part = schema["properties"][name]
        here = (*path, name)
        yield here, part, name in schema.get("required", ())
        if isinstance(value, list):
            yield from places(part["items"], value[0], (*here, 0))


def mutated(payload: Payload, path: tuple[Any, ...], value: Any) -> Payload:
    """A copy with another value at `path`; without any where it is None."""
    changed = copy.deepcopy(payload)
    holder: Any = changed
    for part in path[:-1]:
        holder = holder[part]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


def mutations(action: str) -> Iterator[tuple[str, Payload]]:
    """What kind of fault, and the payload that has it."""
    payload, dispensable = VALID[action], VERSION.handlers[action].dispensable
    yield "extra", payload | {"surprise": {"of": ["any", "kind"]}}
    for path, part, required in places(schema_of(action), payload):
        spared = "spared" if path[-1] in dispensable else ""
        if required:
            yield spared or "missing", mutated(payload, path, None)
        yield spared or "object", mutated(payload, path, {"odd": [1]})
        if part.get("type") == "string":
            yield "number", mutated(payload, path, 12)
            yield "long", mutated(payload, path, "x" * 3000)
            yield "empty", mutated(payload, path, "")
            yield "nul", mutated(payload, path, "a\x00b")
        elif part.get("type") == "integer":
            for odd in (2**63, -1, 1.5):
                yield "odd number", mutated(payload, path, odd)
            yield "text", mutated(payload, path, "12")


@pytest.mark.parametrize("action", ACTIONS)
async def test_bad_input_gets_the_right_answer_and_the_socket_stays(
    gateway: RunningGateway, identity: str, action: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for kind, payload in mutations(action):
            frame = await cp.charger.call(action, payload)
            assert said(frame) in ALLOWED[kind], (kind, payload, frame)
            if action in ABOUT_TRANSACTIONS and kind == "odd number":
                assert said(frame) == "result", (kind, payload, frame)
        await cp.call("Heartbeat", {})
        traced = Message.objects.filter(charge_point=cp.row, direction="in", action=action)
        assert traced.count() >= len(list(mutations(action)))
        assert not traced.filter(error_code="InternalError").exists()


async def test_every_message_that_is_served_has_its_bad_input_tested() -> None:
    assert set(VALID) == set(VERSION.handlers)


async def test_a_strict_charge_point_is_told_every_defect(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, strict=True) as cp:
        assert await cp.refused("Authorize", {"idTag": "x" * 21}) == "PropertyConstraintViolation"
        assert await cp.refused("Authorize", {"idTag": 5}) == "TypeConstraintViolation"
        assert await cp.refused("Authorize", {"idTag": "x", "y": 1}) == "FormationViolation"
        status = {"connectorId": 1, "status": "Odd", "errorCode": "NoError"}
        assert await cp.refused("StatusNotification", status) == "PropertyConstraintViolation"


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("NoSuchAction", {}, "NotImplemented"),
        ("RemoteStartTransaction", {"idTag": "TAG"}, "NotSupported"),
        ("Authorize", ["TAG"], "FormationViolation"),
        ("Authorize", "text", "FormationViolation"),
        ("Authorize", {}, "OccurenceConstraintViolation"),
    ],
)
async def test_the_errors_are_spelled_as_1_6_does(
    gateway: RunningGateway, identity: str, action: str, payload: Any, code: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await cp.refused(action, payload) == code


async def test_a_token_of_any_length_is_answered(gateway: RunningGateway, identity: str) -> None:
    tag = {"idTag": "x" * 50_001}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.call("Authorize", tag)
        start = tag | {"connectorId": 1, "meterStart": 1, "timestamp": TIME}
        started = await cp.call("StartTransaction", start)
        assert await cp.call("StartTransaction", start) == started
        stop = tag | {"transactionId": 0, "meterStop": 9, "timestamp": at()}
        await cp.call("StopTransaction", stop)
        [row] = cp.row.transactions.all()
        assert (row.id_token, row.energy_wh) == ("x" * 255, 8)
