"""The mixes of OCPP 1.6 chargers."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from benchmarks.load.frames import BOOT_ID, ENERGY, OPENING_ID, TIME, call, template
from benchmarks.load.mix import HEARTBEAT, METER_VALUES, Mix

# Registered before the measurement, so that starts are accepted without a core.
TOKEN = "BENCH-TOKEN"


def _sample(value: str, measurand: str, unit: str) -> dict[str, str]:
    return {"value": value, "context": "Sample.Periodic", "measurand": measurand, "unit": unit}


def meter_values(transaction_id: int | None = None) -> bytes:
    """Four samples; with a placeholder for id, time and energy."""
    samples = [
        _sample(ENERGY, "Energy.Active.Import.Register", "Wh"),
        _sample("10872.5", "Power.Active.Import", "W"),
        _sample("15.8", "Current.Import", "A"),
        _sample("47", "SoC", "Percent"),
    ]
    named = {} if transaction_id is None else {"transactionId": transaction_id}
    element = {"timestamp": TIME, "sampledValue": samples}
    return template(
        "MeterValues", {"connectorId": 1, **named, "meterValue": [element]}, TIME, ENERGY
    )


def _status_notification(status: str) -> bytes:
    payload = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": TIME}
    return template("StatusNotification", payload, TIME)


class Plain(Mix):
    title = "1.6, no transaction"
    subprotocol = "ocpp1.6"
    boot = call(
        BOOT_ID,
        "BootNotification",
        {
            "chargePointVendor": "Benchmark",
            "chargePointModel": "Load 22",
            "chargePointSerialNumber": "0001",
            "firmwareVersion": "1.0",
        },
    )
    # An unchanged status is coalesced by the gateway, so it changes every time.
    statuses: ClassVar[list[bytes]] = [
        _status_notification(status)
        for status in ("Preparing", "Charging", "SuspendedEV", "Finishing", "Available")
    ]
    heartbeat = template("Heartbeat", {})
    meters = meter_values()

    def next(self) -> tuple[bytes, bytes]:
        message_id, kind = self.next_id(), self.next_kind()
        if kind == METER_VALUES:
            return message_id, self.meters % (message_id, self.clock.now(), self.energy())
        if kind == HEARTBEAT:
            return message_id, self.heartbeat % message_id
        status = self.statuses[self.count % len(self.statuses)]
        return message_id, status % (message_id, self.clock.now())


def _start(time: str) -> dict[str, Any]:
    return {"connectorId": 1, "idTag": TOKEN, "meterStart": 10_000_000, "timestamp": time}


def transaction_of(answer: bytes) -> int:
    transaction_id: int = json.loads(answer)[2]["transactionId"]
    return transaction_id


class Depot(Plain):
    """As any charger in a depot at night."""

    title = "1.6, in a transaction"
    statuses: ClassVar[list[bytes]] = [
        _status_notification(status) for status in ("Charging", "SuspendedEV", "SuspendedEVSE")
    ]

    def opening(self) -> bytes:
        return call(OPENING_ID, "StartTransaction", _start(self.clock.now().decode()))

    def opened(self, answer: bytes) -> None:
        self.meters = meter_values(transaction_of(answer))


class Meters(Depot):
    title = "1.6, MeterValues alone, in a transaction"

    def next(self) -> tuple[bytes, bytes]:
        message_id = self.next_id()
        return message_id, self.meters % (message_id, self.clock.now(), self.energy())


class Starts(Plain):
    title = "1.6, StartTransaction and StopTransaction"
    start = template("StartTransaction", _start(TIME), TIME)
    transaction_id: int | None = None

    def opening(self) -> bytes:
        return call(OPENING_ID, "StartTransaction", _start(self.clock.now().decode()))

    def opened(self, answer: bytes) -> None:
        self.transaction_id = transaction_of(answer)

    def answered(self, answer: bytes) -> None:
        """A start's answer names what the next stop is about."""
        self.transaction_id = transaction_of(answer) if b"transactionId" in answer else None

    def next(self) -> tuple[bytes, bytes]:
        message_id, now = self.next_id(), self.clock.now()
        if self.transaction_id is None:
            return message_id, self.start % (message_id, now)
        stop = {
            "transactionId": self.transaction_id,
            "idTag": TOKEN,
            "meterStop": 10_000_000 + self.count,
            "timestamp": now.decode(),
        }
        return message_id, call(message_id, "StopTransaction", stop)


class Authorize(Plain):
    """Of a token that nobody has seen yet, so that core is asked, where there is one."""

    title = "1.6, Authorize, core answers at once"
    core_ms = 0.0
    token = "$$$$$$$$$$$$$$$$$$$$"
    authorize = template("Authorize", {"idTag": token}, token)

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._number = number

    def next(self) -> tuple[bytes, bytes]:
        message_id = self.next_id()
        token = b"%05d" % self._number + self.clock.now()[11:23] + b"%03d" % (self.count % 1000)
        return message_id, self.authorize % (message_id, token)


class AuthorizeAfter5Ms(Authorize):
    title = "1.6, Authorize, core answers in 5 ms"
    core_ms = 5.0
