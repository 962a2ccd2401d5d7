"""Frames of chargers, made once with placeholders for what varies from message to message."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.load.websocket import frame_header, text_frame

# Placeholders of the width of what replaces them: the length of a frame never changes.
ID, TIME, ENERGY = "@@@@@@@@", "2000-01-01T00:00:00.000Z", "########"
BOOT_ID = b"boot"
OPENING_ID = b"opening"


def template(action: str, payload: Mapping[str, Any], *placeholders: str) -> bytes:
    """A whole WebSocket frame with a `%b` for each placeholder, in their order."""
    text = json.dumps([2, ID, action, payload], separators=(",", ":")).encode()
    frame = (frame_header(1, len(text)) + text).replace(b"%", b"%%")
    for placeholder in (ID, *placeholders):
        frame = frame.replace(placeholder.encode(), b"%b", 1)
    return frame


def call(message_id: bytes, action: str, payload: Mapping[str, Any]) -> bytes:
    """A whole WebSocket frame."""
    call = [2, message_id.decode(), action, payload]
    return text_frame(json.dumps(call, separators=(",", ":")).encode())


class Clock:
    """The wall clock in milliseconds, as chargers write it, later with every look.

    A repeated MeterValues is a duplicate, which a gateway may answer without work.
    """

    def __init__(self, wall_clock: Callable[[], float] = time.time) -> None:
        self._wall_clock = wall_clock
        self._milliseconds = 0

    def now(self) -> bytes:
        now = int(self._wall_clock() * 1000)
        self._milliseconds = now = max(now, self._milliseconds + 1)
        return _second(now // 1000) + b".%03dZ" % (now % 1000)


_seconds: dict[int, bytes] = {}


def _second(epoch: int) -> bytes:
    text = _seconds.get(epoch)
    if text is None:
        text = _seconds[epoch] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch)).encode()
    return text
