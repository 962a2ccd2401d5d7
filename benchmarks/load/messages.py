"""The OCPP 1.6 frames of a charger, made once; only id, time and readings vary."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from benchmarks.load.websocket import frame_header, text_frame

METER_VALUES, HEARTBEAT, STATUS_NOTIFICATION = range(3)
# 70 % MeterValues, 15 % Heartbeat, 15 % StatusNotification.
MIX = bytes(
    HEARTBEAT if n in (3, 9, 16) else STATUS_NOTIFICATION if n in (6, 13, 19) else METER_VALUES
    for n in range(20)
)
# An unchanged status is coalesced by the gateway, so it changes every time.
STATUSES = (b"Preparing", b"Charging", b"SuspendedEV", b"Finishing", b"Available")

# Placeholders of the width of what replaces them: the length of a frame never changes.
ID, TIME, ENERGY = "@@@@@@@@", "2000-01-01T00:00:00.000Z", "########"


def _sample(value: str, measurand: str, unit: str) -> dict[str, str]:
    return {"value": value, "context": "Sample.Periodic", "measurand": measurand, "unit": unit}


def _template(action: str, payload: dict[str, object], *placeholders: str) -> bytes:
    """A whole WebSocket frame with a `%b` for each placeholder, in their order."""
    text = json.dumps([2, ID, action, payload], separators=(",", ":")).encode()
    frame = (frame_header(1, len(text)) + text).replace(b"%", b"%%")
    for placeholder in (ID, *placeholders):
        frame = frame.replace(placeholder.encode(), b"%b", 1)
    return frame


_METER_VALUES = _template(
    "MeterValues",
    {
        "connectorId": 1,
        "meterValue": [
            {
                "timestamp": TIME,
                "sampledValue": [
                    _sample(ENERGY, "Energy.Active.Import.Register", "Wh"),
                    _sample("10872.5", "Power.Active.Import", "W"),
                    _sample("15.8", "Current.Import", "A"),
                    _sample("47", "SoC", "Percent"),
                ],
            }
        ],
    },
    TIME,
    ENERGY,
)
_HEARTBEAT = _template("Heartbeat", {})
_STATUS_NOTIFICATION = {
    status: _template(
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": status.decode(),
            "timestamp": TIME,
        },
        TIME,
    )
    for status in STATUSES
}

BOOT_ID = b"boot"
BOOT_NOTIFICATION = text_frame(
    b'[2,"boot","BootNotification",{"chargePointVendor":"Benchmark",'
    b'"chargePointModel":"Load 22","chargePointSerialNumber":"0001","firmwareVersion":"1.0"}]'
)


class MessageMix:
    """The endless stream of one charger's messages.

    Times are the wall clock's, in milliseconds, and differ from message to message: a repeated
    MeterValues is a duplicate, which a gateway may answer without work.
    """

    def __init__(self, offset: int, wall_clock: Callable[[], float] = time.time) -> None:
        self._count = 0
        self._place = offset % len(MIX)
        self._statuses = 0
        self._milliseconds = 0
        self._wall_clock = wall_clock

    def next(self) -> tuple[bytes, bytes]:
        """The id of the next message and its frame."""
        self._count = count = self._count + 1
        self._place = place = (self._place + 1) % len(MIX)
        message_id = b"%08d" % count
        kind = MIX[place]
        if kind == METER_VALUES:
            values = (message_id, self._timestamp(), b"%08d" % (10_000_000 + count))
            return message_id, _METER_VALUES % values
        if kind == HEARTBEAT:
            return message_id, _HEARTBEAT % message_id
        self._statuses = (self._statuses + 1) % len(STATUSES)
        template = _STATUS_NOTIFICATION[STATUSES[self._statuses]]
        return message_id, template % (message_id, self._timestamp())

    def _timestamp(self) -> bytes:
        now = int(self._wall_clock() * 1000)
        self._milliseconds = now = max(now, self._milliseconds + 1)
        return _second(now // 1000) + b".%03dZ" % (now % 1000)


_seconds: dict[int, bytes] = {}


def _second(epoch: int) -> bytes:
    text = _seconds.get(epoch)
    if text is None:
        text = _seconds[epoch] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch)).encode()
    return text
