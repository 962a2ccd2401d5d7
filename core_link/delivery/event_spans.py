"""Exports spans of delivered events, in the trace of the message that caused the event."""

from collections.abc import Sequence

from chargepoints import clock
from chargepoints.observability import spans
from chargepoints.observability.spans import Attributes, Export, Span
from chargepoints.services.history import event_feed
from core_link.delivery.claims import Claim
from core_link.delivery.outcomes import Outcome, Verdict


def of_events(export: Export, results: Sequence[tuple[Claim, Outcome]]) -> None:
    """From the receipt of the message to core's answer; a failed attempt has an error."""
    now = clock.now()
    for claim, outcome in results:
        delivered = outcome.verdict is Verdict.DELIVERED
        error = "" if delivered else outcome.error or outcome.verdict.name.lower()
        for event in claim.events:
            trace_id = event_feed.trace_id(event)
            attributes: Attributes = {
                "connect.event": event.event_id,
                "connect.sequence": event.sequence,
                "connect.endpoint": claim.endpoint.name,
                "connect.delivery": str(claim.delivery_id),
                "ocpp.charge_point": event.charge_point.identity,
            }
            export(
                Span(
                    trace_id,
                    spans.new_id(),
                    spans.first_id(trace_id),
                    event.type,
                    spans.PRODUCER,
                    event.received_at,
                    now,
                    attributes,
                    error,
                )
            )
