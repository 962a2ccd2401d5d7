"""A charger that boots and then waits for each reply before its next message."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.load.frames import BOOT_ID, OPENING_ID
from benchmarks.load.mix import Mix
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

    def __init__(self, number: int, password: str, port: int, tally: Tally, mix: Mix) -> None:
        super().__init__(identity_of(number), password, port, mix.subprotocol)
        self.tally = tally
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.pending = b""
        self.since = 0.0
        self.closing = False
        self._mix = mix

    def answered(self) -> None:
        """The pending message has its answer."""

    def call_received(self, message_id: bytes) -> None:
        """The server wants something."""
        self.transport.write(text_frame(b'[4,"%b","NotImplemented","",{}]' % message_id))

    def boot(self) -> None:
        self.pending = BOOT_ID
        self.transport.write(self._mix.boot)

    async def open(self) -> None:
        """Send what comes before the measurement, and wait for its answer."""
        if (frame := self._mix.opening()) is not None:
            self.booted = asyncio.get_running_loop().create_future()
            self.pending = OPENING_ID
            self.transport.write(frame)
            await self.booted

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
            self.call_received(call[1])

    def _answer_received(self, payload: bytes) -> None:
        self.tally.answered += 1
        if payload[1] == CALL_ERROR:
            self.tally.call_errors += 1
        pending, self.pending = self.pending, b""
        if pending in (BOOT_ID, OPENING_ID):
            if pending == OPENING_ID:
                self._mix.opened(payload)
            self.booted.set_result(None)
            return
        self.tally.latencies.append(perf_counter() - self.since)
        self._mix.answered(payload)
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

    def __init__(self, number: int, password: str, port: int, tally: Tally, mix: Mix) -> None:
        super().__init__(number, password, port, tally, mix)
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


class ObedientCharger(Charger):
    """Says yes to whatever the server wants."""

    def call_received(self, message_id: bytes) -> None:
        self.transport.write(text_frame(b'[3,"%b",{"status":"Accepted"}]' % message_id))


def identity_of(number: int) -> str:
    return f"BENCH-{number:05d}"
