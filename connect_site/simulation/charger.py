"""One simulated charger: it charges for one night, and queues messages while it is offline."""

import asyncio
import json
import random
import uuid
from collections import deque
from contextlib import suppress
from typing import Any

from benchmarks.load.websocket import HandshakeError
from chargepoints.protocol.simulated_messages import Message
from chargepoints.protocol.versions import installed_versions
from connect_site.simulation.charger_socket import ChargerSocket, Lost, RefusedError
from connect_site.simulation.journal import Journal
from connect_site.simulation.nights import Night

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0


class SimulatedCharger:
    """`begun` is when the simulation began, by the loop's clock."""

    def __init__(
        self, night: Night, key: str, port: int, journal: Journal, begun: float, interval_s: float
    ) -> None:
        self.night = night
        self._key, self._port = key, port
        self._journal, self._book = journal, journal.book(night.identity)
        self._begun, self._interval_s = begun, interval_s
        # Makes a charger's pauses reproducible.
        self._draw = random.Random(night.number)  # noqa: S311
        version = installed_versions()[night.subprotocol]
        transaction_id = f"{night.identity}-{uuid.uuid4().hex[:12]}"
        self._messages = version.simulated_messages(transaction_id)
        self._queue: deque[Message] = deque()
        self._news = asyncio.Event()
        self._over = False
        self._socket: ChargerSocket | None = None
        self._booted = False

    async def live(self) -> None:
        """Run until the night is over and all messages are sent."""
        sending = asyncio.create_task(self._send_all())
        try:
            await self._play_night()
            self._over = True
            self._news.set()
            await sending
        finally:
            sending.cancel()
            if self._socket is not None:
                self._socket.hang_up()

    # --- What happens ----------------------------------------------------------------------------

    async def _play_night(self) -> None:
        night, messages = self.night, self._messages
        await self._until(night.connects_at)
        self._queue_message(messages.status(occupied=False, faulted=False))
        await self._until(night.arrives_at)
        self._journal.charging.add(night.identity)
        sent = self._book.transaction
        sent.start_wh = 0.0
        self._queue_message(messages.start(0.0))
        self._queue_message(messages.status(occupied=True, faulted=False))
        faulted = False
        # Spreads the chargers' samples.
        at = night.arrives_at + self._draw.random() * self._interval_s
        while at < night.leaves_at:
            await self._until(at)
            if night.is_faulted(at) != faulted:
                faulted = not faulted
                self._queue_message(messages.status(occupied=True, faulted=faulted))
            self._queue_message(messages.samples(night.charged_wh(at), night.power_at(at)))
            at += self._interval_s
        await self._until(night.leaves_at)
        sent.stop_wh = float(int(night.charged_wh(night.leaves_at)))
        self._queue_message(messages.stop(sent.stop_wh))
        self._queue_message(messages.status(occupied=False, faulted=False))
        self._journal.charging.discard(night.identity)

    def _queue_message(self, message: Message) -> None:
        self._queue.append(message)
        self._news.set()

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._now()))

    def _now(self) -> float:
        return asyncio.get_running_loop().time() - self._begun

    # --- What is sent ----------------------------------------------------------------------------

    async def _send_all(self) -> None:
        await self._until(self.night.connects_at)
        pause = FIRST_PAUSE_S
        while not self._over or self._queue:
            back_at = self.night.offline_until(self._now())
            if back_at is not None and not self._over:
                self._disconnect()
                await self._wait_until(back_at)
                continue
            try:
                await self._send_next()
                pause = FIRST_PAUSE_S
            except (Lost, OSError, HandshakeError, TimeoutError) as error:
                self._journal.counts[f"tries again: {type(error).__name__}"] += 1
                self._disconnect()
                await asyncio.sleep(pause * self._draw.uniform(0.5, 1.5))
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _send_next(self) -> None:
        """Send the oldest message, which stays in the queue until it is acknowledged."""
        socket = self._socket or await self._connect()
        if not socket.is_open:
            raise Lost
        if not self._queue:
            await self._wait_until(self.night.next_offline(self._now()))
            return
        message = self._messages.complete(self._queue[0], self._book.transaction.transaction_id)
        answer = await self._call(socket, message)
        self._queue.popleft()
        if answer is None:
            return
        if "transactionId" in answer or "idTokenInfo" in answer:
            sent = self._book.transaction
            sent.transaction_id = sent.transaction_id or self._messages.transaction_id(answer)
        for value in message[1].get("meterValue", ()):
            self._book.samples[value["timestamp"]] += 1

    async def _wait_until(self, at: float | None) -> None:
        """Wait until there is a message, the socket is closed, or this time has come."""
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if at is None else at - self._now()):
                await self._news.wait()

    async def _connect(self) -> ChargerSocket:
        night = self.night
        self._socket = socket = await ChargerSocket.connect(
            night.identity, self._key, self._port, night.subprotocol, self._news.set
        )
        self._journal.connected.add(night.identity)
        self._journal.counts["connects"] += 1
        if not self._booted:
            await self._call(socket, self._messages.boot)
            self._booted = True
            self._journal.counts["booted"] += 1
            if self._journal.counts["booted"] == len(self._journal.books):
                self._journal.all_booted_after_s = self._now()
        return socket

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.hang_up()
            self._socket = None
        self._journal.connected.discard(self.night.identity)

    async def _call(self, socket: ChargerSocket, message: Message) -> dict[str, Any] | None:
        """The answer; None if it was refused, which is not repeated. Raises Lost."""
        message_id, begun = uuid.uuid4().hex, self._now()
        encoded = json.dumps([2, message_id, *message], separators=(",", ":")).encode()
        self._journal.counts["sent"] += 1
        try:
            answer = await socket.call(message_id, encoded)
        except RefusedError:
            self._journal.counts[f"refused {message[0]}"] += 1
            return None
        self._book.acknowledged.add(message_id)
        self._journal.latencies.append(self._now() - begun)
        self._journal.counts["acknowledged"] += 1
        return answer
