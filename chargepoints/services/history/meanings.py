"""The meaning of a message or an event, in one line for people.

Fields have OCPP's names, of all versions. Unknown structures are left out: the line is only a help,
and the frame itself is one click away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from chargepoints import key_codes

GOOD, PLAIN, WARN, BAD = "good", "plain", "warn", "bad"
LONGEST = 60
# How much of a frame is read; a longer one gets no meaning.
LONGEST_FRAME = 4000
_YES = frozenset({"Accepted", "Unlocked", "Downloaded", "Installed", "Uploaded", "Idle"})
# Neither refused nor done.
_LATER = frozenset({"Scheduled", "RebootRequired", "Pending", "Processing", "AcceptedCanceled"})
# Measurand -> how to write a sample.
_SAMPLED = {
    "Power.Active.Import": ("W", "kW", 1000.0),
    "Energy.Active.Import.Register": ("Wh", "kWh", 1000.0),
    "SoC": ("Percent", "%", 1.0),
}
_FIGURES = (("energy_wh", 1000, "kWh"), ("power_w", 1000, "kW"), ("soc_percent", 1, "%"))
_OF_EVENTS = (
    "status",
    "previous_status",
    "reason",
    "stop_reason",
    "charging_state",
    "authorization_status",
    "decided_by",
    "variable",
    "actual_value",
    "key",
    "use",
    "name",
    "state",
)

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Meaning:
    """`verdict`: the status in the answer, such as Blocked; empty if the answer has none."""

    text: str
    verdict: str = ""
    tone: str = PLAIN


def of_message(request: str, reply: str) -> Meaning:
    """The meaning of a request and its reply, which may be missing."""
    asked, answer = _payload(request, 3), _payload(reply, 2)
    verdict = _verdict(answer)
    return Meaning(", ".join(_parts(asked)), verdict, _tone(verdict))


def of_event(data: Payload) -> str:
    """The meaning of an event's data."""
    data = key_codes.shown(data)
    parts = [*_place(data.get("evse_id"), data.get("connector_id"))]
    token = data.get("id_token")
    parts += _token(token.get("value") if isinstance(token, dict) else token)
    if data.get("transaction_id"):
        parts.append(f"transaction {_clip(data['transaction_id'])}")
    parts += _figures(data)
    parts += [_clip(data[name]).replace("_", " ") for name in _OF_EVENTS if _says(data.get(name))]
    return ", ".join(parts)


def _figures(data: Payload) -> Iterator[str]:
    """The values of the data itself, or of its latest meter value."""
    moments = data.get("meter_values")
    latest = moments[-1] if isinstance(moments, list) and moments else data
    if not isinstance(latest, dict):
        return
    for name, divisor, unit in _FIGURES:
        if isinstance(value := latest.get(name), int | float):
            yield f"{value / divisor:.1f} {unit}"


def _says(value: object) -> bool:
    return isinstance(value, str | int | float) and value not in ("", None, False)


def _payload(frame: str, place: int) -> Payload:
    try:
        # A cut frame is not valid JSON.
        parts = orjson.loads(frame[:LONGEST_FRAME] or "[]")
    except orjson.JSONDecodeError:
        return {}
    found = parts[place] if isinstance(parts, list) and len(parts) > place else None
    return key_codes.shown(found) if isinstance(found, dict) else {}


def _verdict(answer: Payload) -> str:
    for name in ("idTokenInfo", "idTagInfo"):
        if isinstance(info := answer.get(name), dict):
            return _clip(info.get("status", ""))
    return _clip(answer.get("status", ""))


def _tone(verdict: str) -> str:
    if not verdict:
        return PLAIN
    if verdict in _YES:
        return GOOD
    return WARN if verdict in _LATER else BAD


def _parts(asked: Payload) -> Iterator[str]:
    yield from _place_of(asked)
    token = asked.get("idTag", asked.get("idToken"))
    yield from _token(token.get("idToken") if isinstance(token, dict) else token)
    for name in ("eventType", "triggerReason", "connectorStatus", "status", "reason"):
        if _says(asked.get(name)):
            yield _clip(asked[name])
    info = asked.get("transactionInfo")
    if isinstance(info, dict):
        yield from (
            _clip(info[name]) for name in ("chargingState", "stoppedReason") if info.get(name)
        )
    if _says(error := asked.get("errorCode")) and error != "NoError":
        yield f"error {_clip(error)}"
    yield from _station(asked.get("chargingStation", asked))
    yield from _samples(asked)
    yield from _named(asked)


def _place_of(asked: Payload) -> Iterator[str]:
    evse = asked.get("evse")
    if isinstance(evse, dict):
        yield from _place(evse.get("id"), evse.get("connectorId"))
    elif "evseId" in asked:
        yield from _place(asked["evseId"], asked.get("connectorId"))
    elif "connectorId" in asked:
        yield from _place(asked["connectorId"], None)


def _place(evse: object, connector: object) -> Iterator[str]:
    if isinstance(evse, int) and evse:
        several = isinstance(connector, int) and connector > 1
        yield f"EVSE {evse}" + (f", connector {connector}" if several else "")


def _token(value: object) -> Iterator[str]:
    if _says(value):
        yield f"token {_clip(value)}"


def _station(told: object) -> Iterator[str]:
    if not isinstance(told, dict):
        return
    names = ("chargePointVendor", "vendorName", "chargePointModel", "model", "firmwareVersion")
    if any(name in told for name in names[:4]):
        yield " ".join(_clip(told[name]) for name in names if _says(told.get(name)))


def _samples(asked: Payload) -> Iterator[str]:
    """The latest sample of each kind, and the meter values of a start or a stop."""
    for name, words in (("meterStart", "meter at"), ("meterStop", "meter at")):
        if isinstance(reading := asked.get(name), int | float):
            yield f"{words} {reading / 1000:.1f} kWh"
    elements = asked.get("meterValue", asked.get("transactionData"))
    latest: dict[str, str] = {}
    for element in elements if isinstance(elements, list) else ():
        sampled = element.get("sampledValue") if isinstance(element, dict) else None
        for sample in sampled if isinstance(sampled, list) else ():
            if isinstance(sample, dict) and not sample.get("phase"):
                latest.update(_sample(sample))
    yield from latest.values()


def _sample(sample: Payload) -> dict[str, str]:
    measurand = str(sample.get("measurand") or "Energy.Active.Import.Register")
    known = _SAMPLED.get(measurand)
    if known is None:
        return {}
    base, unit, divisor = known
    of_unit = sample.get("unitOfMeasure")
    said = of_unit.get("unit") if isinstance(of_unit, dict) else sample.get("unit")
    try:
        value = float(sample["value"])
    except (KeyError, TypeError, ValueError):
        return {}
    if (said or base) == base:
        value /= divisor
    return {measurand: f"{value:.4g} {unit}" if abs(value) < 1e4 else f"{value:.0f} {unit}"}


def _named(asked: Payload) -> Iterator[str]:
    """The main field of some requests."""
    if _says(asked.get("key")) and "value" in asked:
        yield f"{_clip(asked['key'])} = {_clip(asked['value'])}"
    for name in ("requestedMessage", "vendorId", "messageId", "type", "location", "csr"):
        if _says(asked.get(name)):
            yield _clip(asked[name])


def _clip(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
