"""Answers a charger's CALL: it is checked, handled and traced in one transaction (P1)."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargepoints import clock, key_codes, traces
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway import (
    acceptance,
    command_answers,
    frame_followers,
    long_messages,
    message_spans,
    ocppj,
    other_versions,
    trace_texts,
)
from chargepoints.gateway.charger_socket import ChargerSocket
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.models import Message
from chargepoints.observability import metrics, spans
from chargepoints.protocol.errors import OcppError
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.versions import OcppVersion
from chargepoints.services.stations import quirks

logger = logging.getLogger(__name__)

# Plain strings, because database drivers handle them faster than enumeration members.
FROM_CHARGER = str(Message.Direction.FROM_CHARGER)
RESULT = str(Message.Outcome.RESULT)
ERROR = str(Message.Outcome.ERROR)
NO_ANSWER = str(Message.Outcome.NONE)


class Answering:
    """Answers the CALLs of one socket. Each method returns the reply's text once it is durable,
    or an empty text if nothing is to be sent. Raises StoreUnavailable.
    """

    def __init__(self, socket: ChargerSocket) -> None:
        self._socket = socket
        self._station = socket.station
        self._version = socket.version

    async def call(self, text: str, call: ocppj.Call, received_at: datetime) -> str:
        inbound = Inbound(
            writer=self._socket.writer,
            station=self._station,
            version=self._version.name,
            action=call.action,
            message_id=call.message_id,
            payload=call.payload,
            received_at=received_at,
            deviations=call.deviations,
            long=len(text) > long_messages.ORDINARY_LENGTH,
            json_id=call.json_id,
        )
        redacted = other_versions.redacted_call(call.action, call.payload)
        if redacted is not call.payload:
            inbound.payload = redacted
            text = ocppj.encode_call(call.message_id, call.action, redacted, call.json_id)
        if (traced := other_versions.redacted_for_trace(call.action, redacted)) is not redacted:
            inbound.redact_for_trace = other_versions.redacted_for_trace
            text = ocppj.encode_call(call.message_id, call.action, traced, call.json_id)
        if inbound.long:
            shown = replace(call, payload=traced)
            text = await asyncio.to_thread(trace_texts.of_call, text, shown)
        # Part 4, 4.2.4: a SEND is answered neither with a result nor with an error.
        answered = not isinstance(call, ocppj.Send)
        working = traces.begin(inbound)
        try:
            return await self._handled(text, call, inbound, answered)
        except StoreUnavailable:
            raise
        except Exception:
            logger.exception("%s of %s failed", inbound.action, self._station.identity)
            failed = OcppError("InternalError", "the message was stored, but handling it failed")
            return await self._store_error(text, inbound, failed, answered=answered)
        finally:
            traces.end(working)

    async def _handled(self, text: str, call: ocppj.Call, inbound: Inbound, answered: bool) -> str:
        try:
            accepted = acceptance.accept
            if inbound.long:
                version, handler = await asyncio.to_thread(accepted, self._version, inbound, call)
            else:
                version, handler = accepted(self._version, inbound, call)
            decision = await handler.decide(inbound) if handler.decide else None
        except OcppError as error:
            return await self._store_error(text, inbound, error, answered=answered)

        def reply() -> tuple[str, str]:
            try:
                payload = handler.handle(inbound, decision)
                return _encode(version, inbound, payload) if answered else "", ""
            except OcppError as error:
                return self._encode_error(inbound, error)

        return await self._store(text, inbound, reply, answered=answered)

    async def _store(
        self, text: str, inbound: Inbound, reply: Callable[[], tuple[str, str]], *, answered: bool
    ) -> str:
        """Run the handler and write the trace in one transaction; return the reply once durable."""
        deviations = inbound.deviations
        traced: tuple[Any, ...] = ()
        failed = ""
        export = spans.exporter()
        stored_from = clock.now() if export is not None else inbound.received_at

        def work(unit: UnitOfWork) -> str:
            nonlocal traced, failed
            working = traces.begin(inbound)
            try:
                inbound.begin(unit, deviations)
                if self._station.quirks:
                    quirks.replying(unit, self._station)
                frame, error_code = reply()
                failed = error_code
                outcome = ERROR if error_code else RESULT
                if not answered:
                    frame = ""
                    outcome = outcome if error_code else NO_ANSWER
                traced = self._trace(unit, text, frame, outcome, error_code, inbound)
                return frame
            finally:
                traces.end(working)

        frame = await self._socket.store(work)
        frame_followers.publish(traced)
        metrics.received(
            self._version.name,
            inbound.action,
            frame,
            time.monotonic() - inbound.begun,
            inbound.deviations,
            self._station.product,
        )
        if export is not None:
            message_spans.of_message(export, inbound, self._version.name, failed, stored_from)
        return frame

    async def _store_error(
        self, text: str, inbound: Inbound, error: OcppError, *, answered: bool
    ) -> str:
        def reply() -> tuple[str, str]:
            return self._encode_error(inbound, error)

        return await self._store(text, inbound, reply, answered=answered)

    def _trace(
        self,
        unit: UnitOfWork,
        request: str,
        reply: str,
        outcome: str,
        error_code: str,
        inbound: Inbound,
    ) -> tuple[Any, ...]:
        row = Message.row(
            charge_point_id=self._station.id,
            connection_id=self._station.connection_id,
            direction=FROM_CHARGER,
            action=clip(inbound.action, 50),
            message_id=inbound.message_id,
            request=trace_texts.without_nul(request),
            reply=reply,
            outcome=outcome,
            error_code=error_code,
            deviations=inbound.deviations,
            started_at=inbound.received_at,
            duration_ms=(time.monotonic() - inbound.begun) * 1000,
        )
        unit.append(Message, row)
        return row

    async def malformed(self, text: str, frame: ocppj.Malformed, received_at: datetime) -> str:
        """Store an unreadable frame; answer it if its id is known, or the version asks for it."""
        if not text.strip():
            return ""
        version, unread = self._version, frame.message_id is None
        # Part 4, 4.2.3: a CALLERROR is for a CALL, never for an answer.
        answered = frame.answers is None and (
            version.answers_unknown_types
            if frame.unknown_type
            else version.answers_unreadable or not unread
        )
        inbound = Inbound(
            writer=self._socket.writer,
            station=self._station,
            version=self._version.name,
            action="",
            message_id="-1" if frame.message_id is None else frame.message_id,
            payload={},
            received_at=received_at,
            deviations=[frame.reason, *frame.deviations],
            json_id=frame.json_id,
        )
        if key_codes.KEY_CODE in text.lower():
            text = key_codes.REDACTED
        code = "RpcFrameworkError" if unread else "FormatViolation"
        if frame.unknown_type and not unread:
            code = "MessageTypeNotSupported"
        error = OcppError(code, frame.reason)
        kept = trace_texts.of_text(text)
        return await self._store_error(kept, inbound, error, answered=answered)

    async def stray(self, text: str, frame: command_answers.Stray) -> None:
        """An answer without a request: count and trace it; the outstanding CALL still waits."""
        if isinstance(frame, ocppj.CallResultError):
            metrics.REFUSED_RESULTS.inc()
            logger.warning("%s could not read our answer: %s", self._station.identity, text[:500])
        else:
            metrics.UNEXPECTED_ANSWERS.inc()
            logger.info("%s sent an answer without a request", self._station.identity)
        row = await self._socket.store(
            lambda unit: command_answers.trace_stray(unit, self._station, text, frame)
        )
        frame_followers.publish(row)

    def _encode_error(self, inbound: Inbound, error: OcppError) -> tuple[str, str]:
        code = self._version.error_code(error.code)
        frame = ocppj.encode_call_error(
            inbound.message_id, code, error.description, error.details, inbound.json_id
        )
        return frame, code


def _encode(version: OcppVersion, inbound: Inbound, payload: dict[str, Any]) -> str:
    if not version.schemas.fits_response(inbound.action, payload):
        violations = version.schemas.check_response(inbound.action, payload)
        logger.error("our reply to %s does not fit its schema: %s", inbound.action, violations)
    return ocppj.encode_call_result(inbound.message_id, payload, inbound.json_id)
