"""Reads a message of the trace again, as the gateway read it when it was received."""

from dataclasses import replace
from functools import cached_property
from typing import Any

import orjson

from chargepoints.gateway import long_messages, ocppj, trace_texts
from chargepoints.gateway.ocppj import Call, Send
from chargepoints.models import Message
from chargepoints.protocol.versions import OcppVersion, installed_versions

# Deviations of repetitions, which the gateway and the mirror already have.
REPETITIONS = frozenset({"repeated_event", "repeated_start", "repeated_stop"})
# Deviations of repetitions with other content, which are forwarded.
CONFLICTS = frozenset({"conflicting_event", "conflicting_stop"})


class TracedMessage:
    """A message of the charger, as a row of the trace."""

    def __init__(self, row: Message) -> None:
        self.pk = row.pk
        self.action = row.action
        self._row = row

    @cached_property
    def protocol(self) -> str:
        """The subprotocol of the socket over which it was received."""
        # The trace outlives the connection's row.
        connection = self._row.connection
        return connection.protocol if connection else self._row.charge_point.protocol

    @cached_property
    def call(self) -> Call | None:
        """The CALL or SEND as it was read; None if it was neither."""
        if not self._row.action:
            return None
        text, cut = trace_texts.read_again(self._row.request, self._row.deviations)
        frame = long_messages.decode(text, cut=cut)
        return self._repaired(frame) if isinstance(frame, Call) else None

    @cached_property
    def answer(self) -> Any:
        """The payload of the CALLRESULT with which the gateway answered, or None."""
        if self._row.outcome != Message.Outcome.RESULT or not self._row.reply:
            return None
        return orjson.loads(self._row.reply)[2]

    @property
    def is_forwarded(self) -> bool:
        return self.call is not None and self._is_news

    @property
    def _is_news(self) -> bool:
        """Neither a repetition nor a refused message about a transaction, which the charger will
        send again (OCPP 1.6, 4.10).
        """
        deviations = self._row.deviations
        if REPETITIONS.intersection(deviations) and not CONFLICTS.intersection(deviations):
            return False
        if self._row.outcome != Message.Outcome.ERROR:
            return True
        handler = self._version.handlers.get(self._row.action) if self._version else None
        return handler is None or handler.about_transactions is None

    @property
    def is_unreadable(self) -> bool:
        """It was readable when received, but what the trace stores of it is not."""
        return self.call is None and self._row.outcome == Message.Outcome.RESULT

    @cached_property
    def _version(self) -> OcppVersion | None:
        return installed_versions().get(self.protocol)

    def _repaired(self, call: Call) -> Call:
        """The CALL repaired to fit its schema, if its meaning is clear."""
        version = self._version
        message_id = call.message_id or f"mirror-{self.pk}"
        call = replace(call, message_id=message_id)
        if version is None:
            return call
        call.action = version.schemas.matching_action(call.action) or call.action
        handler = version.handlers.get(call.action)
        if handler is None or version.schemas.fits_request(call.action, call.payload):
            return call
        checked = version.schemas.check_request(call.action, call.payload, handler.dispensable)
        if checked.hard is None:
            call.payload = checked.payload
        return call


def as_frame(call: Call) -> str:
    """The frame for the other system."""
    kind = ocppj.SEND if isinstance(call, Send) else ocppj.CALL
    return orjson.dumps([kind, call.message_id, call.action, call.payload]).decode()
