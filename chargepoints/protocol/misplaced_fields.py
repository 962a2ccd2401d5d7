"""Moves fields that a station sends one level too high or too low in the payload of OCPP 2.0.1.

{"transactionId": ...}               -> {"transactionInfo": {"transactionId": ...}}
{"transactionInfo": {"meterValue"}}  -> {"meterValue": ...}
{"evseId": 1, "connectorId": 1}      -> {"evse": {"id": 1, "connectorId": 1}}, and the reverse
"""

from typing import Any

Payload = dict[str, Any]

INFO, EVSE, METER_VALUE = "transactionInfo", "evse", "meterValue"
_OF_INFO = ("transactionId", "chargingState", "stoppedReason", "remoteStartId")
_OF_EVSE = {"evseId": "id", "connectorId": "connectorId"}


def put_right(payload: Any, names: tuple[str, ...]) -> str:
    """Move them in place; the name of the object that they belong to, empty if there are none.

    `names`: of all fields that the message may have.
    """
    if not isinstance(payload, dict):
        return ""
    if INFO in names:
        return _of_event(payload)
    if "evseId" in names and EVSE not in names:
        return _of_evse(payload)
    return ""


def _of_event(payload: Payload) -> str:
    moved = ""
    info = payload.get(INFO, {})
    if isinstance(info, dict):
        if METER_VALUE in info and METER_VALUE not in payload:
            payload[METER_VALUE], moved = info.pop(METER_VALUE), METER_VALUE
        if told := {name: payload.pop(name) for name in _OF_INFO if name in payload}:
            payload[INFO], moved = told | info, INFO
    if EVSE not in payload and "evseId" in payload:
        payload[EVSE] = {
            inner: payload.pop(outer) for outer, inner in _OF_EVSE.items() if outer in payload
        }
        moved = EVSE
    return moved


def _of_evse(payload: Payload) -> str:
    evse = payload.get(EVSE)
    if not isinstance(evse, dict) or "evseId" in payload:
        return ""
    for outer, inner in _OF_EVSE.items():
        if inner in evse:
            payload.setdefault(outer, evse[inner])
    return EVSE
