"""One charger's session on one socket: its CALLs answered in order, each durable before its reply.

A CALL about which core may be asked is worked on in a task of its own, so that an answer to a
CALL of ours never waits for a decision. Nothing in here blocks the event loop, and no other
charger waits for this one (P5).
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway import admission, ocppj
from chargepoints.gateway.calls import BOOT_ACTION, Calls
from chargepoints.gateway.message_rate import MessageRate
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.models import Message
from chargepoints.observability import metrics
from chargepoints.protocol import key_codes
from chargepoints.protocol.errors import OcppError
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.versions import Handler
from chargepoints.services.stations import quirks

if TYPE_CHECKING:
    from chargepoints.gateway.process import Gateway

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_INBOX = 64
REMEMBERED_REPLIES = 16
SUPERSEDED = 1000
TRY_AGAIN_LATER = 1013


class Session:
    def __init__(self, gateway: "Gateway", admitted: admission.Admitted, send: Send) -> None:
        self.gateway = gateway
        self.station = admitted.station
        self.version = admitted.version
        self.connected_at = self.seen_at = time.monotonic()
        self.calls = Calls(self)
        self._send = send
        self._message_rate = MessageRate(
            settings.CHARGER_MESSAGES_PER_SECOND, settings.CHARGER_BURST
        )
        self._inbox: deque[tuple[str, ocppj.Call | ocppj.Malformed]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        # Replies by message id, with the hash of their request: a repetition gets the same one.
        self._replies: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._closing = False

    async def take(self, text: str) -> None:
        """One text frame from the charger. Returns when the next one may be read."""
        self.seen_at = time.monotonic()
        if pause := self._message_rate.pause():
            await asyncio.sleep(pause)
        frame = ocppj.decode(text)
        if isinstance(frame, ocppj.CallResult | ocppj.CallError):
            self.calls.answered(text, frame)
            return
        if self._worker is None and self._answered_at_once(frame):
            await self._work_on(text, frame)
            return
        while len(self._inbox) >= MAX_INBOX and not self._closing:
            self._room.clear()
            await self._room.wait()
        self._inbox.append((text, frame))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def send(self, text: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError as error:
            # Some servers say so where the socket is closed.
            logger.info("%s is gone: %s", self.station.identity, error)

    async def close(self, code: int, reason: str) -> None:
        """Close the socket; the consumer's read loop then ends the session."""
        if self._closing:
            return
        self._closing = True
        self._room.set()
        logger.info("closing the socket of %s: %s", self.station.identity, reason)
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def supersede(self) -> None:
        """A newer socket is the charger's; what is on its way over this one is still taken."""
        self.station.superseded = True
        await self.close(SUPERSEDED, "superseded by a newer socket")

    async def end(self, code: int | None, reason: str) -> None:
        """The socket is gone: finish what it had brought, then say so in the database."""
        self.calls.disconnected()
        if self._worker is not None:
            await asyncio.wait([self._worker])
        await self.calls.ended()
        try:
            await self.gateway.writer.run(
                self.station.id, lambda unit: admission.close(self.station, code, reason)
            )
        except StoreUnavailable:
            # The sweep closes it: a live server has no session for this row.
            logger.warning("could not note the end of %s's connection", self.station.identity)

    def _answered_at_once(self, frame: ocppj.Call | ocppj.Malformed) -> bool:
        """Whether the reading loop may wait for this one: it takes a commit, nobody is asked,
        and no answer to a CALL of ours is on its way behind it.
        """
        if self.calls.waiting or self.station.quirks or isinstance(frame, ocppj.Malformed):
            return False
        handler = self.version.handlers.get(frame.action)
        return handler is not None and handler.decide is None

    async def _work(self) -> None:
        """Answer what is in the inbox, one by one; ends when it is empty."""
        try:
            while self._inbox:
                await self._work_on(*self._inbox.popleft())
        finally:
            self._worker = None

    async def _work_on(self, text: str, frame: ocppj.Call | ocppj.Malformed) -> None:
        self._room.set()
        try:
            reply = await self._answer(text, frame)
            if reply is not None and not self._closing:
                if self.station.quirks:
                    await asyncio.sleep(quirks.reply_delay_s(self.station))
                await self.send(reply)
                self.calls.replied(frame)
        except StoreUnavailable:
            # P2: no CALLERROR for our own faults; being offline costs the charger no attempt.
            self._inbox.clear()
            await self.close(TRY_AGAIN_LATER, "the database does not answer")
        except Exception:
            logger.exception("a message of %s could not be worked on", self.station.identity)
            await self.close(1011, "internal error")

    async def _answer(self, text: str, frame: ocppj.Call | ocppj.Malformed) -> str | None:
        received_at = clock.now()
        if isinstance(frame, ocppj.Malformed):
            return await self._answer_malformed(text, frame, received_at)
        earlier = self._replies.get(frame.message_id)
        if earlier is not None and earlier[0] == hash(text):
            metrics.DUPLICATES.inc()
            return earlier[1]
        if self.calls.concluding is not None:
            # What the charger sends after an answer is worked on after the answer (P5).
            await asyncio.shield(self.calls.concluding)
        reply = await self._answer_call(text, frame, received_at)
        self._replies[frame.message_id] = (hash(text), reply)
        if len(self._replies) > REMEMBERED_REPLIES:
            self._replies.popitem(last=False)
        return reply

    async def _answer_call(self, text: str, call: ocppj.Call, received_at: datetime) -> str:
        inbound = Inbound(
            station=self.station,
            version=self.version.name,
            action=call.action,
            message_id=call.message_id,
            payload=call.payload,
            received_at=received_at,
            deviations=call.deviations,
        )
        redacted = self.version.redacted_call(call.action, call.payload)
        if redacted is not call.payload:
            inbound.payload = redacted
            text = ocppj.encode_call(call.message_id, call.action, redacted)
        if (traced := self.version.redacted_for_trace(call.action, redacted)) is not redacted:
            inbound.redact_for_trace = self.version.redacted_for_trace
            text = ocppj.encode_call(call.message_id, call.action, traced)
        try:
            handler = self._handler(inbound)
            decision = await handler.decide(inbound) if handler.decide else None
        except OcppError as error:
            return await self._store_error(text, inbound, error)

        def reply() -> tuple[str, str]:
            try:
                return self._encode(inbound, handler.handle(inbound, decision)), ""
            except OcppError as error:
                return self._encode_error(inbound, error)

        try:
            return await self._store(text, inbound, reply)
        except StoreUnavailable:
            raise
        except Exception:
            logger.exception("%s of %s failed", inbound.action, self.station.identity)
            failed = OcppError("InternalError", "the message was stored, but not worked on")
            return await self._store_error(text, inbound, failed)

    def _handler(self, inbound: Inbound) -> Handler:
        """The handler, with the payload checked and normalised. Raises OcppError."""
        schemas, lenient = self.version.schemas, not self.station.strict
        if not lenient and (defects := ocppj.FRAME_DEFECTS.intersection(inbound.deviations)):
            # Part 4, 4.2.3.
            raise OcppError("RpcFrameworkError", min(defects).replace("_", " "))
        if inbound.action not in schemas.actions:
            action = schemas.action_in_any_case(inbound.action) if lenient else None
            if action is None:
                # Part 4, table 7: the action is not known at all.
                raise OcppError("NotImplemented", f"no action is called {inbound.action[:50]}")
            inbound.action = action
            inbound.deviate("action_in_other_case")
        handler = self.version.handlers.get(inbound.action)
        if handler is None:
            # Part 4, table 7: the action is known, but not one that a CSMS serves.
            raise OcppError("NotSupported", f"{inbound.action} is not for a CSMS")
        if not self.station.boot_accepted:
            served = self.version.served_before_boot if lenient else frozenset({BOOT_ACTION})
            if inbound.action not in served | self.station.asked_for:
                raise OcppError("SecurityError", "no BootNotification was accepted yet")
            if inbound.action != BOOT_ACTION:
                inbound.deviate("before_boot")
        checked = schemas.check_request(inbound.action, inbound.payload, handler.dispensable)
        violation = checked.hard or (checked.soft[0] if checked.soft and not lenient else None)
        if violation is not None:
            # The message may quote what is not to be logged.
            message = violation.keyword if inbound.redact_for_trace else violation.message
            details = {"pointer": violation.pointer, "message": message[:255]}
            description = f"{violation.pointer}: {message}".removeprefix(": ")
            raise OcppError(violation.code, description, details)
        for violation in checked.soft:
            inbound.deviate(f"{violation.keyword}:{violation.pointer}"[:100])
        inbound.payload = checked.payload
        return handler

    async def _store(
        self, text: str, inbound: Inbound, reply: Callable[[], tuple[str, str]]
    ) -> str:
        """Run the handler and write the trace in one transaction; the reply, once durable."""
        deviations = inbound.deviations

        def work(unit: UnitOfWork) -> str:
            inbound.unit = unit
            if self.station.quirks:
                quirks.replying(unit, self.station)
            inbound.deviations = list(deviations)
            frame, error_code = reply()
            outcome = Message.Outcome.ERROR if error_code else Message.Outcome.RESULT
            self._trace(unit, text, frame, outcome, error_code, inbound)
            return frame

        frame = await self.gateway.writer.run(self.station.id, work)
        metrics.received(self.version.name, inbound.action, inbound.deviations)
        return frame

    async def _store_error(self, text: str, inbound: Inbound, error: OcppError) -> str:
        return await self._store(text, inbound, lambda: self._encode_error(inbound, error))

    def _trace(
        self,
        unit: UnitOfWork,
        request: str,
        reply: str,
        outcome: str,
        error_code: str,
        inbound: Inbound,
    ) -> None:
        elapsed = (clock.now() - inbound.received_at).total_seconds() * 1000
        unit.append(
            Message,
            (
                self.station.id,
                self.station.connection_id,
                Message.Direction.FROM_CHARGER,
                clip(inbound.action, 50),
                inbound.message_id,
                request.replace("\x00", "\ufffd"),
                reply,
                outcome,
                error_code,
                inbound.deviations,
                inbound.received_at,
                elapsed,
            ),
        )

    async def _answer_malformed(
        self, text: str, frame: ocppj.Malformed, received_at: datetime
    ) -> str | None:
        """Keep what came; answer it where an id could be read, or where the version says so."""
        if not text.strip():
            return None
        if frame.answers and self.calls.unreadable(text, frame.answers):
            return None
        unread = frame.message_id is None
        # OCPP-J 1.6, 4.1.3: a message of an unknown type is ignored; 2.0.1 has an error for it.
        # Part 4, 4.2.3: a CALLERROR is for a CALL, never for an answer.
        answered = frame.answers is None and (
            self.version.answers_unreadable or not (unread or frame.unknown_type)
        )
        inbound = Inbound(
            station=self.station,
            version=self.version.name,
            action="",
            message_id="-1" if frame.message_id is None else frame.message_id,
            payload={},
            received_at=received_at,
            deviations=[frame.reason],
        )
        if key_codes.KEY_CODE in text.lower():
            text = key_codes.REDACTED
        code = "RpcFrameworkError" if unread else "FormatViolation"
        if frame.unknown_type and not unread:
            code = "MessageTypeNotSupported"
        error = OcppError(code, frame.reason)
        reply = await self._store(
            text, inbound, lambda: self._encode_error(inbound, error) if answered else ("", code)
        )
        return reply or None

    def _encode(self, inbound: Inbound, payload: dict[str, Any]) -> str:
        violations = self.version.schemas.check_response(inbound.action, payload)
        if violations.hard or violations.soft:
            logger.error("our reply to %s breaks its schema: %s", inbound.action, violations)
        return ocppj.encode_call_result(inbound.message_id, payload)

    def _encode_error(self, inbound: Inbound, error: OcppError) -> tuple[str, str]:
        code = self.version.error_code(error.code)
        frame = ocppj.encode_call_error(inbound.message_id, code, error.description, error.details)
        return frame, code
