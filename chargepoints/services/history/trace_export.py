"""A charge point's trace over a span of time, as lines of JSON: for its vendor, and to be replayed.

The first line says whose trace it is. Then each message, with its frames as they went over the
socket (without what may not be shown) and what was decided about its token; then the events.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chargepoints.clock import api_time
from chargepoints.models import ChargePoint, Event, Message, TokenDecision
from chargepoints.services.history.time_bounds import first_id_since

Line = dict[str, Any]
FORMAT = 1


def lines(charge_point: ChargePoint, since: datetime, until: datetime) -> Iterator[Line]:
    yield {
        "trace": FORMAT,
        "charge_point": charge_point.identity,
        "protocol": charge_point.protocol,
        "vendor": charge_point.vendor,
        "model": charge_point.model,
        "firmware": charge_point.firmware_version,
        "settings": {
            "strict": charge_point.strict,
            "proactive": charge_point.proactive,
            "assigned_quirks": charge_point.assigned_quirks,
        },
        "since": api_time(since),
        "until": api_time(until),
    }
    decisions = _decisions(charge_point, since, until)
    span = {"started_at__gte": since, "started_at__lt": until}
    first = first_id_since(Message, "started_at", since)
    messages = Message.objects.filter(charge_point=charge_point, pk__gte=first, **span)
    for row in messages.order_by("started_at", "pk").iterator(chunk_size=500):
        decision = decisions.get((row.message_id, row.started_at))
        yield _message(row) | ({"decision": decision} if decision else {})
    told = Event.objects.filter(
        charge_point=charge_point, received_at__gte=since, received_at__lt=until
    )
    for event in told.order_by("sequence").iterator(chunk_size=500):
        yield {
            "at": api_time(event.received_at),
            "event": event.type,
            "data": event.data,
            "deviations": event.deviations,
        }


def _message(row: Message) -> Line:
    return {
        "at": api_time(row.started_at),
        "direction": row.direction,
        "action": row.action,
        "request": row.request,
        "reply": row.reply,
        "outcome": row.outcome,
        "deviations": row.deviations,
    }


def _decisions(
    charge_point: ChargePoint, since: datetime, until: datetime
) -> dict[tuple[str, datetime], Line]:
    """By the message that asked."""
    rows = TokenDecision.objects.filter(
        charge_point=charge_point, asked_at__gte=since, asked_at__lt=until
    )
    return {
        (row.message_id, row.asked_at): {
            "token": row.id_token,
            "type": row.id_token_type,
            "status": row.status,
            "decided_by": row.decided_by,
        }
        for row in rows
    }
