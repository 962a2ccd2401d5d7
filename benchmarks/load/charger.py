"""A charger that boots and then waits for each reply before its next message."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.load.messages import BOOT_ID, BOOT_NOTIFICATION, MessageMix
from benchmarks.load.websocket import WebSocketClient, text_frame

CALL_ID = re.compile(rb'^\s*\[\s*2\s*,\s*"([^"]*)"')
# A CALL echoed back counts as its answer only where the server is said to be an echo.
CALL, CALL_ERROR = ord("2"), ord("4")


@dataclass
class Tally:
    """What the chargers of one run saw together. Latencies are in seconds.

    `answered` counts all answers of the run, also those before the measurement.
    """

    answered: int = 0
    latencies: list[float] = field(default_factory=list)
    call_errors: int = 0
    disconnects: int = 0

    def clear(self) -> None:
        self.latencies.clear()
        self.call_errors = self.disconnects = 0


class Charger(WebSocketClient):
    """Subclasses decide in `answered` when the next message leaves."""

    def __init__(self, number: int, password: str, port: int, tally: Tally) -> None:
        super().__init__(identity_of(number), password, port)
        self.tally = tally
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.pending = b""
        self.since = 0.0
        self.closing = False
        self._mix = MessageMix(number)

    def answered(self) -> None:
        """The pending message has its answer."""

    def boot(self) -> None:
        self.pending = BOOT_ID
        self.transport.write(BOOT_NOTIFICATION)

    def send_next(self, since: float | None = None) -> None:
        """Send the next message; its latency counts from `since`, by default from now."""
        self.pending, frame = self._mix.next()
        self.since = perf_counter() if since is None else since
        self.transport.write(frame)

    def leave(self) -> None:
        self.closing = True
        self.transport.close()

    def text_received(self, payload: bytes) -> None:
        if self.pending and self.pending in payload[:40]:
            self._answer_received(payload)
        elif call := CALL_ID.match(payload):
            self.transport.write(text_frame(b'[4,"%b","NotImplemented","",{}]' % call[1]))

    def _answer_received(self, payload: bytes) -> None:
        self.tally.answered += 1
        if payload[1] == CALL_ERROR:
            self.tally.call_errors += 1
        if self.pending == BOOT_ID:
            self.pending = b""
            self.booted.set_result(None)
            return
        self.tally.latencies.append(perf_counter() - self.since)
        self.pending = b""
        self.answered()

    def closed(self) -> None:
        if not self.closing:
            self.tally.disconnects += 1
        if not self.booted.done():
            self.booted.set_exception(ConnectionError("closed before the boot was answered"))
            self.booted.exception()  # read here: nobody may be waiting yet


class ClosedLoopCharger(Charger):
    """Sends as soon as the last message is answered, until told to leave."""

    def answered(self) -> None:
        if not self.closing:
            self.send_next()


class SteadyCharger(Charger):
    """Sends at a fixed rate, each message once the one before it is answered.

    The latency counts from the time a message was due, so that a server that stalls is charged
    for all that it delayed.
    """

    def __init__(self, number: int, password: str, port: int, tally: Tally) -> None:
        super().__init__(number, password, port, tally)
        self._due: deque[float] = deque()

    def start(self, first_in: float, period: float) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(first_in, self._due_now, loop.time() + first_in, period)

    def answered(self) -> None:
        if self._due and not self.closing:
            self.send_next(self._due.popleft())

    def _due_now(self, at: float, period: float) -> None:
        if self.closing or not self.is_open:
            return
        if self.pending:
            self._due.append(perf_counter())
        else:
            self.send_next()
        at += period
        asyncio.get_running_loop().call_at(at, self._due_now, at, period)


def identity_of(number: int) -> str:
    return f"BENCH-{number:05d}"
