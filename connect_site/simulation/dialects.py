"""What a simulated charger says, in each version's words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from connect_site.simulation.journal import Told

Payload = dict[str, Any]
Message = tuple[str, Payload]
ID_TAG = "SIMULATED"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Dialect(Protocol):
    """Messages are composed when something happens, which may be offline; `complete` adds what is
    known only when they are sent: the id that 1.6 is given for a transaction.
    """

    boot: Message

    def status(self, *, occupied: bool, faulted: bool) -> Message: ...
    def start(self, wh: float) -> Message: ...
    def samples(self, wh: float, watts: float) -> Message: ...
    def stop(self, wh: float) -> Message: ...
    def complete(self, message: Message, told: Told) -> Message: ...
    def transaction_id(self, answer: Payload) -> str: ...


class Dialect16:
    boot: Message = (
        "BootNotification",
        {"chargePointVendor": "Simulated", "chargePointModel": "Depot 16"},
    )

    def status(self, *, occupied: bool, faulted: bool) -> Message:
        status = "Faulted" if faulted else "Charging" if occupied else "Available"
        error = "InternalError" if faulted else "NoError"
        payload = {"connectorId": 1, "errorCode": error, "status": status, "timestamp": now()}
        return "StatusNotification", payload

    def start(self, wh: float) -> Message:
        payload = {"connectorId": 1, "idTag": ID_TAG, "meterStart": int(wh), "timestamp": now()}
        return "StartTransaction", payload

    def samples(self, wh: float, watts: float) -> Message:
        sampled = [
            {"value": str(int(wh)), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": f"{watts:.1f}", "measurand": "Power.Active.Import", "unit": "W"},
        ]
        value = {"timestamp": now(), "sampledValue": sampled}
        payload = {"connectorId": 1, "transactionId": 0, "meterValue": [value]}
        return "MeterValues", payload

    def stop(self, wh: float) -> Message:
        payload = {"transactionId": 0, "meterStop": int(wh), "timestamp": now()}
        return "StopTransaction", payload

    def complete(self, message: Message, told: Told) -> Message:
        action, payload = message
        if "transactionId" in payload:
            payload = payload | {"transactionId": int(told.transaction_id or -1)}
        return action, payload

    def transaction_id(self, answer: Payload) -> str:
        return str(answer["transactionId"])


class Dialect201:
    model = "Depot 201"
    # What it tells of each transaction beside its id.
    transaction_info: Payload = {}

    def __init__(self, transaction_id: str) -> None:
        self._transaction_id = transaction_id
        station = {"vendorName": "Simulated", "model": self.model}
        self.boot: Message = (
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": station},
        )
        self._seq_no = -1

    def status(self, *, occupied: bool, faulted: bool) -> Message:
        status = "Faulted" if faulted else "Occupied" if occupied else "Available"
        place = {"evseId": 1, "connectorId": 1}
        return "StatusNotification", {"timestamp": now(), "connectorStatus": status, **place}

    def start(self, wh: float) -> Message:
        token = {"idToken": {"idToken": ID_TAG, "type": "Central"}}
        return self._event("Started", "Authorized", wh, None, **token)

    def samples(self, wh: float, watts: float) -> Message:
        return self._event("Updated", "MeterValuePeriodic", wh, watts)

    def stop(self, wh: float) -> Message:
        return self._event("Ended", "EVDeparted", wh, None)

    def complete(self, message: Message, told: Told) -> Message:
        return message

    def transaction_id(self, answer: Payload) -> str:
        return self._transaction_id

    def _event(
        self, event_type: str, reason: str, wh: float, watts: float | None, **more: Any
    ) -> Message:
        self._seq_no += 1
        at = now()
        sampled = [{"value": float(int(wh)), "measurand": "Energy.Active.Import.Register"}]
        if watts is not None:
            sampled.append({"value": round(watts, 1), "measurand": "Power.Active.Import"})
        payload = {
            "eventType": event_type,
            "timestamp": at,
            "triggerReason": reason,
            "seqNo": self._seq_no,
            "transactionInfo": {"transactionId": self._transaction_id, **self.transaction_info},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": sampled}],
            **more,
        }
        return "TransactionEvent", payload


class Dialect21(Dialect201):
    """2.1 tells of a transaction in which direction energy may flow (Q, OperationModeEnumType)."""

    model = "Depot 21"
    transaction_info: Payload = {"operationMode": "ChargingOnly"}


def dialect(subprotocol: str, transaction_id: str) -> Dialect:
    makers: dict[str, Callable[[], Dialect]] = {
        "ocpp1.6": Dialect16,
        "ocpp2.0.1": lambda: Dialect201(transaction_id),
        "ocpp2.1": lambda: Dialect21(transaction_id),
    }
    return makers[subprotocol]()


def sampled_at(message: Message) -> str | None:
    """The time of the samples in it, if there are some."""
    values = message[1].get("meterValue")
    return values[0]["timestamp"] if values else None


def encode(message_id: str, message: Message) -> bytes:
    return json.dumps([2, message_id, *message], separators=(",", ":")).encode()
