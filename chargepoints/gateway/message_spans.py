"""Exports spans of the gateway's work: a message with its commit, and a command."""

from datetime import datetime

from chargepoints import clock
from chargepoints.gateway.claiming import Claimed
from chargepoints.observability import spans
from chargepoints.observability.spans import Attributes, Export, Span
from chargepoints.protocol.inbound import Inbound


def of_message(
    export: Export, inbound: Inbound, version: str, error_code: str, stored_from: datetime
) -> None:
    """The root span of its trace, and within it the wait for the commit."""
    trace_id, now = inbound.work.trace_id, clock.now()
    first = spans.first_id(trace_id)
    export(Span(trace_id, spans.new_id(), first, "commit", spans.INTERNAL, stored_from, now, {}))
    attributes: Attributes = {
        "ocpp.charge_point": inbound.station.identity,
        "ocpp.version": version,
        "ocpp.message_id": inbound.message_id,
        "ocpp.deviations": len(inbound.deviations),
    }
    name = inbound.action or "unreadable"
    begun = inbound.received_at
    export(Span(trace_id, first, "", name, spans.SERVER, begun, now, attributes, error_code))


def of_command(export: Export, claimed: Claimed, version: str, error: str) -> None:
    """From the request to the charger's answer; the root span if the trace is our own."""
    work = claimed.work
    trace_id = work.trace_id
    attributes = {
        "ocpp.charge_point": work.identity,
        "ocpp.version": version,
        "ocpp.message_id": claimed.message_id,
        "connect.command": str(claimed.command_id),
    }
    begun, now = claimed.sent_at, clock.now()
    first = spans.first_id(trace_id)
    export(Span(trace_id, first, "", claimed.action, spans.CLIENT, begun, now, attributes, error))
