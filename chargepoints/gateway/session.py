"""One charger's session on one socket: its CALLs answered in order, each durable before its reply.

A separate task handles a CALL about which core may be asked, so that an answer to our CALL
never waits for core's decision. Nothing here blocks the event loop, and no charger waits for
another one (P5).
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable

from django.conf import settings

from chargepoints import clock
from chargepoints.gateway import admission, long_messages, ocppj
from chargepoints.gateway.answering import Answering
from chargepoints.gateway.calls import Calls
from chargepoints.gateway.charger_socket import ChargerSocket
from chargepoints.gateway.message_rate import MessageRate
from chargepoints.gateway.unconfirmed import Unconfirmed
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.models import Connection
from chargepoints.observability import metrics
from chargepoints.services.stations import quirks

logger = logging.getLogger(__name__)

MAX_INBOX = 64
REMEMBERED_REPLIES = 16
SUPERSEDED = 1000
BY_A_NEWER_SOCKET = "superseded by a newer socket"
TRY_AGAIN_LATER = 1013

# CALLs, unreadable frames, and answers without a request.
Waiting = ocppj.Frame
# Tuples, because a union type would be created again for each message.
ANSWERS = (ocppj.CallResult, ocppj.CallError)
NOT_IN_ALL_VERSIONS = (ocppj.Send, ocppj.CallResultError)


class Session:
    def __init__(self, socket: ChargerSocket, one_long_message: asyncio.Lock) -> None:
        self.socket = socket
        self._one_long_message = one_long_message
        self.station = socket.station
        self.version = socket.version
        self.connected_at = self.seen_at = time.monotonic()
        self.calls = Calls(socket)
        self._answering = Answering(socket)
        self._message_rate = MessageRate(
            settings.CHARGER_MESSAGES_PER_SECOND, settings.CHARGER_BURST
        )
        # Short and nearly always empty. A deque would cost each idle charger 0.7 KiB.
        self._inbox: list[tuple[str, Waiting]] = []
        self._worker: asyncio.Task[None] | None = None
        # The reading loop waits for it while the inbox is full.
        self._room: asyncio.Future[None] | None = None
        socket.when_closing = self._make_room
        # Replies by message id, with the hash of the request: a repetition gets the same reply.
        self._replies: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._unconfirmed = Unconfirmed(self._answering, self.station, self._message_rate)

    def take(self, text: str, *, cut: bool = False) -> Awaitable[None]:
        """Handle one text of the charger, or its beginning (`cut`); to be awaited before the next.

        Not a coroutine itself, as each coroutine costs time for every message.
        """
        if len(text) > long_messages.ORDINARY_LENGTH:
            return self._take_long(text, cut=cut)
        frame = ocppj.decode(text)
        if isinstance(frame, ocppj.Several):
            return self._take_several(frame)
        if isinstance(frame, ocppj.Malformed) and frame.too_large and self._may_be_long(text):
            return self._take_long(text, cut=cut)
        return self._take_frame(text, frame)

    async def _take_several(self, frames: ocppj.Several) -> None:
        for each in frames.texts:
            if not isinstance(one := ocppj.decode(each), ocppj.Several):
                one.deviations.append("several_frames")
                await self._take_frame(each, one)

    async def _take_long(self, text: str, *, cut: bool) -> None:
        """P14: one at a time in this process, until it is answered; read outside the event loop."""
        async with self._one_long_message:
            frame = await asyncio.to_thread(long_messages.decode, text, cut=cut)
            if isinstance(frame, ocppj.Several):
                await self._take_several_long(frame, cut=cut)
            else:
                await self._take_frame(text, frame)
            if self._worker is not None:
                await asyncio.wait([self._worker])

    async def _take_several_long(self, frames: ocppj.Several, *, cut: bool) -> None:
        for each in frames.texts:
            of_last = cut and each is frames.texts[-1]
            one = await asyncio.to_thread(long_messages.decode, each, cut=of_last)
            if not isinstance(one, ocppj.Several):
                one.deviations.append("several_frames")
                await self._take_frame(each, one)

    def _may_be_long(self, text: str) -> bool:
        return long_messages.may_be_long(self.version, text)

    async def _take_frame(self, text: str, frame: Waiting) -> None:
        self.seen_at = time.monotonic()
        if isinstance(frame, NOT_IN_ALL_VERSIONS):
            frame = self._of_this_version(frame)
        if isinstance(frame, ocppj.Send):
            self._unconfirmed.take(text, frame)
            return
        if pause := self._message_rate.pause():
            await asyncio.sleep(pause)
        if self._answers_ours(text, frame):
            return
        if self._worker is None and self._answered_at_once(frame):
            await self._work_on(text, frame)
            return
        while len(self._inbox) >= MAX_INBOX and not self.socket.closing:
            self._room = asyncio.get_running_loop().create_future()
            await self._room
        self._inbox.append((text, frame))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def supersede(self, reason: str = BY_A_NEWER_SOCKET) -> None:
        """The charger has a newer socket. What it already sent over this one is still accepted."""
        self.station.superseded = True
        await self.socket.close(SUPERSEDED, reason)

    async def end(self, code: int | None, reason: str) -> None:
        """The socket is closed: handle what was received, then store the end of the connection."""
        self.calls.disconnected()
        if self._worker is not None:
            await asyncio.wait([self._worker])
        await self._unconfirmed.ended()
        await self.calls.ended()
        try:
            await self.socket.store(lambda unit: admission.close(self.station, code, reason))
        except StoreUnavailable:
            # The sweep closes the row, because this server has no session for it.
            logger.warning("could not store the end of %s's connection", self.station.identity)

    def _of_this_version(self, frame: ocppj.Send | ocppj.CallResultError) -> ocppj.Frame:
        kind = ocppj.SEND if isinstance(frame, ocppj.Send) else ocppj.CALLRESULTERROR
        if kind in self.version.message_types:
            return frame
        json_id = frame.json_id if isinstance(frame, ocppj.Send) else ""
        return ocppj.unknown_type(kind, frame.message_id, json_id)

    def _answers_ours(self, text: str, frame: Waiting) -> bool:
        """Pass the frame to our outstanding CALL; return whether it answers that CALL."""
        if isinstance(frame, ANSWERS):
            return self.calls.answered(text, frame)
        if not isinstance(frame, ocppj.Malformed):
            return self.calls.waiting and self._echoes_ours(text, frame)
        if frame.meant is not None and not self.station.strict:
            return self.calls.answered(text, frame.meant)
        return bool(frame.answers) and self.calls.unreadable(text, str(frame.answers))

    def _echoes_ours(self, text: str, frame: ocppj.Frame) -> bool:
        """Whether it is an answer that was sent as a CALL, with the action of our own CALL."""
        if self.station.strict or not isinstance(frame, ocppj.Call):
            return False
        schemas = self.version.schemas
        if not self.calls.is_asked(frame) or not schemas.fits_response(frame.action, frame.payload):
            return False
        if frame.action in self.version.handlers and schemas.fits_request(
            frame.action, frame.payload
        ):
            # Both sides may send this action as a CALL.
            return False
        meant = ocppj.CallResult(frame.message_id, frame.payload, [ocppj.AS_A_CALL])
        return self.calls.answered(text, meant)

    def _answered_at_once(self, frame: Waiting) -> bool:
        """Whether the reading loop itself answers this CALL: it takes only a commit, core is not
        asked, and no CALL of ours waits for an answer, which may be the next frame.
        """
        if self.calls.waiting or self.station.quirks or not isinstance(frame, ocppj.Call):
            return False
        handler = self.version.handlers.get(frame.action)
        return handler is not None and not handler.may_ask(frame.payload)

    async def _work(self) -> None:
        """Answer the frames in the inbox, one by one, until it is empty."""
        try:
            while self._inbox:
                await self._work_on(*self._inbox.pop(0))
        finally:
            self._worker = None

    async def _work_on(self, text: str, frame: Waiting) -> None:
        self._make_room()
        try:
            reply = await self._answer(text, frame)
            if reply and not self.socket.closing:
                if self.station.quirks:
                    await asyncio.sleep(quirks.reply_delay_s(self.station))
                await self.socket.send(reply)
                self.calls.replied(frame)
        except StoreUnavailable:
            # P2: no CALLERROR for our own faults; while offline, the charger uses up no attempt.
            self._inbox.clear()
            await self.socket.close(TRY_AGAIN_LATER, Connection.NO_STORE)
        except Exception:
            logger.exception("handling a message of %s failed", self.station.identity)
            await self.socket.close(1011, "internal error")

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    async def _answer(self, text: str, frame: Waiting) -> str:
        received_at = clock.now()
        if isinstance(frame, ocppj.Malformed):
            return await self._answering.malformed(text, frame, received_at)
        if not isinstance(frame, ocppj.Call):
            await self._answering.stray(text, frame)
            return ""
        earlier = self._replies.get(frame.message_id)
        # Some chargers send all Heartbeats with one id, and set their clock by the answer.
        if earlier is not None and earlier[0] == hash(text) and frame.payload:
            metrics.DUPLICATES.inc()
            return earlier[1]
        if self.calls.answer_being_stored is not None:
            # What the charger sends after an answer is handled after that answer (P5).
            await asyncio.shield(self.calls.answer_being_stored)
        reply = await self._answering.call(text, frame, received_at)
        self._replies[frame.message_id] = (hash(text), reply)
        if len(self._replies) > REMEMBERED_REPLIES:
            self._replies.popitem(last=False)
        return reply
