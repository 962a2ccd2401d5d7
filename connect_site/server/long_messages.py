"""Messages above the ordinary size: one at a time in a process, if the application wants them.

A socket whose message waits for its turn is not read. Of a message that is too long the
beginning is passed on, and the rest dropped.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

ORDINARY_BYTES = 128 * 1024
LONGEST_BYTES = 2 * 1024 * 1024
# P14: even dropped data costs time; beyond this the socket is closed.
MOST_DROPPED_BYTES = 16 * 1024 * 1024
# The application decides by this much of the beginning whether it wants the whole message.
HEAD_BYTES = 8 * 1024
# If others wait. Even the slowest links transfer some hundred kilobytes in this time.
LONGEST_TURN_S = 120.0

IsWanted = Callable[[str], bool]


class Turns:
    """The socket whose long message is being received or handled, and those that wait."""

    def __init__(self) -> None:
        self.holder: LongMessages | None = None
        self.since = 0.0
        self._waiting: deque[LongMessages] = deque()

    def take(self, socket: "LongMessages") -> bool:
        if self.holder not in (None, socket):
            self._waiting.append(socket)
            return False
        self.holder, self.since = socket, time.monotonic()
        return True

    def leave(self, socket: "LongMessages") -> None:
        if socket in self._waiting:
            self._waiting.remove(socket)
        if self.holder is not socket:
            return
        self.holder = self._waiting.popleft() if self._waiting else None
        self.since = time.monotonic()
        if self.holder is not None:
            self.holder.waits_for_turn = False
            self.holder.resume_reading()

    def is_overdue(self, socket: "LongMessages") -> bool:
        over = time.monotonic() - self.since > LONGEST_TURN_S
        return self.holder is socket and over and bool(self._waiting)


class LongMessages(WebSocketProtocol):
    factory: Any
    frame_data: Any
    message_data: Any
    is_wanted: IsWanted | None = None
    long_bytes = 0  # how much of a long message has been kept
    was_cut = False
    too_long = ""  # why the socket is closed, if a message was too long
    waits_for_turn = False

    def take_long_messages(self, is_wanted: IsWanted) -> None:
        """The scope's extension `connect.long_messages`."""
        self.is_wanted = is_wanted

    def onMessageFrameBegin(self, length: int) -> None:
        super().onMessageFrameBegin(length)
        if self.is_wanted is None:
            self._refuse_if_long()

    def onMessageFrameData(self, payload: bytes) -> None:
        if self.failedByMe:
            return
        if self.long_bytes:
            kept = payload[: LONGEST_BYTES - self.long_bytes]
            self.was_cut = self.was_cut or len(kept) < len(payload)
            self.long_bytes += len(kept)
            payload = kept
        super().onMessageFrameData(payload)
        if self.message_data_total_length > ORDINARY_BYTES and not self.long_bytes:
            self._begin_long()

    def onMessageFrameEnd(self) -> None:
        super().onMessageFrameEnd()
        if not self.failedByMe and not self.long_bytes:
            # It ended before its head was complete, or grew by decompression of its last part.
            self._refuse_if_long()

    def _begin_long(self) -> None:
        so_far = b"".join([*self.message_data, *self.frame_data])
        if len(so_far) < HEAD_BYTES:
            return
        head = so_far[:HEAD_BYTES].decode("utf-8", "replace")
        if self.is_wanted is None or not self.is_wanted(head):
            self._refuse_if_long()
            return
        self.long_bytes = len(so_far)
        if not self.factory.turns.take(self):
            self.waits_for_turn = True
            self.pause_reading()

    def _refuse_if_long(self) -> None:
        total = self.message_data_total_length
        if total > ORDINARY_BYTES and not self.failedByMe:
            reason = f"a message of {total} bytes, of {ORDINARY_BYTES} at most"
            self._max_message_size_exceeded(total, ORDINARY_BYTES, reason)

    def _max_message_size_exceeded(self, size: int, most: int, reason: str) -> None:
        self.too_long = reason
        super()._max_message_size_exceeded(size, most, reason)

    def long_message_ended(self) -> dict[str, Any]:
        """Fields for the ASGI message: empty unless it is long."""
        if not self.long_bytes:
            return {}
        extra = {
            "connect.cut": self.was_cut,
            "connect.done": lambda: self.factory.turns.leave(self),
        }
        self.long_bytes, self.was_cut = 0, False
        return extra

    def drop_if_overdue(self) -> None:
        if self.factory.turns.is_overdue(self):
            self._max_message_size_exceeded(0, 0, "a long message took too long")
            self.factory.turns.leave(self)

    def pause_reading(self) -> None:
        raise NotImplementedError

    def resume_reading(self) -> None:
        raise NotImplementedError
