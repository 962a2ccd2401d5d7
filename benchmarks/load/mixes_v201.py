"""The mixes of OCPP 2.0.1 chargers."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from benchmarks.load.frames import BOOT_ID, OPENING_ID, TIME, call, template
from benchmarks.load.mix import HEARTBEAT, METER_VALUES, Mix
from benchmarks.load.mixes_v16 import TOKEN

# Placeholders that are numbers in JSON, as wide as what replaces them.
ENERGY, SEQ_NO = 87_654_321, 98_765_432
# A station may number its events throughout: these all have eight digits.
FIRST_SEQ_NO = 10_000_000
EVSE = {"id": 1, "connectorId": 1}


def _sample(value: float, measurand: str, unit: str) -> dict[str, Any]:
    return {
        "value": value,
        "context": "Sample.Periodic",
        "measurand": measurand,
        "unitOfMeasure": {"unit": unit},
    }


_ELEMENT = {
    "timestamp": TIME,
    "sampledValue": [
        _sample(ENERGY, "Energy.Active.Import.Register", "Wh"),
        _sample(10872.5, "Power.Active.Import", "W"),
        _sample(15.8, "Current.Import", "A"),
        _sample(47, "SoC", "Percent"),
    ],
}


def _event(event_type: str, at: str, seq_no: int, transaction_id: str) -> dict[str, Any]:
    return {
        "eventType": event_type,
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic" if event_type == "Updated" else "Authorized",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": transaction_id, "chargingState": "Charging"},
        "evse": EVSE,
    }


def _status_notification(status: str) -> bytes:
    payload = {"timestamp": TIME, "connectorStatus": status, "evseId": 1, "connectorId": 1}
    return template("StatusNotification", payload, TIME)


class Depot(Mix):
    title = "2.0.1, MeterValues beside a transaction"
    subprotocol = "ocpp2.0.1"
    boot = call(
        BOOT_ID,
        "BootNotification",
        {
            "reason": "PowerUp",
            "chargingStation": {
                "vendorName": "Benchmark",
                "model": "Load 22",
                "serialNumber": "0001",
                "firmwareVersion": "1.0",
            },
        },
    )
    statuses: ClassVar[list[bytes]] = [
        _status_notification(status) for status in ("Occupied", "Available")
    ]
    heartbeat = template("Heartbeat", {})
    meters = template("MeterValues", {"evseId": 1, "meterValue": [_ELEMENT]}, TIME, str(ENERGY))

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.transaction_id = f"bench-{number}-{time.time_ns()}"

    def opening(self) -> bytes | None:
        event = _event("Started", self.clock.now().decode(), FIRST_SEQ_NO, self.transaction_id)
        event["idToken"] = {"idToken": TOKEN, "type": "ISO14443"}
        return call(OPENING_ID, "TransactionEvent", event)

    def next(self) -> tuple[bytes, bytes]:
        message_id, kind = self.next_id(), self.next_kind()
        if kind == METER_VALUES:
            return message_id, self.meters % (message_id, self.clock.now(), self.energy())
        if kind == HEARTBEAT:
            return message_id, self.heartbeat % message_id
        status = self.statuses[self.count % len(self.statuses)]
        return message_id, status % (message_id, self.clock.now())


class Events(Depot):
    title = "2.0.1, TransactionEvent with samples"

    def __init__(self, number: int) -> None:
        super().__init__(number)
        event = _event("Updated", TIME, SEQ_NO, self.transaction_id)
        placeholders = (TIME, str(SEQ_NO), TIME, str(ENERGY))
        self.event = template("TransactionEvent", event | {"meterValue": [_ELEMENT]}, *placeholders)

    def next(self) -> tuple[bytes, bytes]:
        message_id, now = self.next_id(), self.clock.now()
        seq_no = b"%08d" % (FIRST_SEQ_NO + self.count)
        return message_id, self.event % (message_id, now, seq_no, now, self.energy())


class Starts(Depot):
    """Each transaction is a start and an end, without samples."""

    title = "2.0.1, TransactionEvent Started and Ended"

    def opening(self) -> None:
        return None

    def next(self) -> tuple[bytes, bytes]:
        message_id, now = self.next_id(), self.clock.now().decode()
        transaction_id = f"{self.transaction_id}-{self.count // 2}"
        event = _event("Ended", now, FIRST_SEQ_NO + 1, transaction_id)
        if self.count % 2 == 0:
            event = _event("Started", now, FIRST_SEQ_NO, transaction_id)
            event["idToken"] = {"idToken": TOKEN, "type": "ISO14443"}
        return message_id, call(message_id, "TransactionEvent", event)


class Reports(Depot):
    """What a station says of itself: monitors, security events, its device model."""

    title = "2.0.1, NotifyEvent, SecurityEventNotification, NotifyReport"

    def opening(self) -> None:
        return None

    def next(self) -> tuple[bytes, bytes]:
        message_id, now = self.next_id(), self.clock.now().decode()
        makers = (_monitored, _monitored, _monitored, _secured, _reported)
        action, payload = makers[self.count % len(makers)](self.count, now)
        return message_id, call(message_id, action, payload)


Said = tuple[str, dict[str, Any]]


def _monitored(count: int, now: str) -> Said:
    """Two events."""
    told = [
        {
            "eventId": 2 * count + place,
            "timestamp": now,
            "trigger": "Delta",
            "actualValue": str(20 + count % 30),
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": EVSE},
            "variable": {"name": "Temperature"},
        }
        for place in range(2)
    ]
    return "NotifyEvent", {"generatedAt": now, "seqNo": 0, "eventData": told}


def _secured(count: int, now: str) -> Said:
    payload = {"type": "SettingSystemTime", "timestamp": now, "techInfo": f"number {count}"}
    return "SecurityEventNotification", payload


def _reported(count: int, now: str) -> Said:
    """Ten variables, whose values have changed."""
    data = [
        {
            "component": {"name": "Connector", "evse": EVSE},
            "variable": {"name": f"Variable{number}"},
            "variableAttribute": [
                {"type": "Actual", "value": f"{count}", "mutability": "ReadOnly"}
            ],
            "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
        }
        for number in range(10)
    ]
    payload = {"requestId": 1, "generatedAt": now, "seqNo": 0, "tbc": False, "reportData": data}
    return "NotifyReport", payload
