"""The feed of events of all charge points: their positions, and their bodies for core."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from chargepoints import traces
from chargepoints.clock import api_time
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import Event, EventFeed

# How many events a page reads at most if the feed is filtered.
LOOKED_THROUGH = 20_000

_NUMBER = """
UPDATE chargepoints_event SET position = %s + waiting.place
FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM chargepoints_event WHERE position IS NULL ORDER BY id LIMIT %s
) AS waiting
WHERE chargepoints_event.id = waiting.id
"""

_WITHOUT_PLACE: PreparedQuery[Event] = PreparedQuery(
    lambda: Event.objects.filter(position=None).order_by()
)


def assign_positions(limit: int = 1000) -> int:
    """Give up to `limit` committed events a position in the feed; returns their number.

    The row of EventFeed is locked until the commit, so positions become visible in order, and a
    reader of `position > cursor` never skips one. A transaction that commits late, with ids lower
    than some already placed, gets later positions: nothing is lost.

    For one charge point, ids have the order of sequences: a transaction that writes its events
    locks the row of its counters before it takes the first id, until the commit
    (`unit_of_work.take_numbers`), so the next one takes its ids when these are visible. So the rows
    seen here are, for each charge point, complete up to some sequence.
    """
    if not _WITHOUT_PLACE.exists():
        return 0
    with transaction.atomic():
        # A separate statement: under READ COMMITTED, the next one sees all that was committed
        # before the lock. SQLite has one writer, which is this transaction.
        feed, _ = EventFeed.objects.select_for_update(no_key=True).get_or_create(pk=1)
        with connection.cursor() as cursor:
            cursor.execute(_NUMBER, [feed.last_position, limit])
            placed = int(cursor.rowcount)
        feed.last_position += placed
        feed.save()
    return placed


class BeyondTheEnd(Exception):
    """The position belongs to another feed, or to this one before a backup was restored: a reader
    that continued there would skip events.
    """

    def __init__(self, end: int) -> None:
        super().__init__(f"the feed ends at {end}")


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the order of their positions; `more`: there may be others after the last one."""

    events: list[Event]
    last_position: int
    more: bool


def end_after(after: int) -> int:
    """The last position of the feed; all events up to there are visible. Raises BeyondTheEnd."""
    assign_positions()
    end = EventFeed.objects.values_list("last_position", flat=True).first() or 0
    if after > end:
        raise BeyondTheEnd(end)
    return end


def read(after: int, limit: int, **wanted: Any) -> Page:
    """The events `after` a position that match `wanted`. Raises BeyondTheEnd.

    A filtered page may be empty with `more` to come, because each reads a limited number of events.
    """
    end = through = end_after(after)
    behind = Event.objects.filter(position__gt=after, position__lte=end).order_by("position")
    if wanted:
        # Pruning leaves a gap.
        first = behind.values_list("position", flat=True).first()
        through = min(end, (first or end) + LOOKED_THROUGH)
        behind = behind.filter(position__lte=through, **wanted)
    found = list(behind.select_related("charge_point")[: limit + 1])
    if len(found) <= limit:
        return Page(found, through, more=through < end)
    return Page(found[:limit], found[limit - 1].position or 0, more=True)


def event_body(event: Event) -> dict[str, Any]:
    """The JSON body of an event, in the feed and in webhooks.

    Fetch the charge point with it (`select_related`).
    """
    return {
        "id": event.event_id,
        "position": event.position,
        "type": event.type,
        "charge_point": event.charge_point.identity,
        "external_id": event.charge_point.external_id,
        "sequence": event.sequence,
        "occurred_at": api_time(event.occurred_at),
        "received_at": api_time(event.received_at),
        "time_quality": event.time_quality,
        "backfill": event.backfill,
        "deviations": event.deviations,
        "data": event.data,
        "ocpp": event.ocpp,
        "trace_id": trace_id(event),
    }


def trace_id(event: Event) -> str:
    """The trace id of the message or command that caused the event."""
    of_command: str | None = event.data.get("trace_id")
    message_id = (event.ocpp or {}).get("message_id", "")
    made = traces.trace_id(event.charge_point_id, event.received_at, message_id)
    return of_command or made
