"""The feed of events over all charge points: places in it, and the body core is told."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from chargepoints import traces
from chargepoints.clock import api_time
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import Event, EventFeed

# Of a feed that is narrowed, how far one page looks at most.
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
    """Give up to `limit` committed events their place in the feed; returns how many got one.

    The row of EventFeed is locked until the commit, so positions become visible in their own
    order, and whoever reads `position > cursor` never skips one. A transaction that commits
    late, with ids lower than some already placed, gets later positions: nothing is lost.

    Order of ids is order of sequence for one charge point: a transaction that writes its events
    holds the row of its counters from before the first id is taken until the commit
    (`unit_of_work.take_numbers`), so the next one takes its ids when the former are visible. The
    rows seen here are therefore, for each charge point, all there are up to some sequence.
    """
    if not _WITHOUT_PLACE.exists():
        return 0
    with transaction.atomic():
        # A statement of its own: under READ COMMITTED the next one sees all that was committed
        # until the lock was had. SQLite has one writer, which this transaction already is.
        feed, _ = EventFeed.objects.select_for_update(no_key=True).get_or_create(pk=1)
        with connection.cursor() as cursor:
            cursor.execute(_NUMBER, [feed.last_position, limit])
            placed = int(cursor.rowcount)
        feed.last_position += placed
        feed.save()
    return placed


class BeyondTheEnd(Exception):
    """The position is another feed's, or this one's before a backup was restored: going on from it
    would skip all until then.
    """

    def __init__(self, end: int) -> None:
        super().__init__(f"the feed ends at {end}")


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the order of their positions; whether there may be `more` after the last one."""

    events: list[Event]
    last_position: int
    more: bool


def end_after(after: int) -> int:
    """Where the feed ends: all up to there are there to be seen. Raises BeyondTheEnd."""
    assign_positions()
    end = EventFeed.objects.values_list("last_position", flat=True).first() or 0
    if after > end:
        raise BeyondTheEnd(end)
    return end


def read(after: int, limit: int, **wanted: Any) -> Page:
    """What comes `after` a position; of those that are `wanted`, some way on. Raises BeyondTheEnd.

    A page of what is wanted may be empty with `more` to come: none looks through all of history.
    """
    end = through = end_after(after)
    behind = Event.objects.filter(position__gt=after, position__lte=end).order_by("position")
    if wanted:
        # Pruning leaves a hole.
        first = behind.values_list("position", flat=True).first()
        through = min(end, (first or end) + LOOKED_THROUGH)
        behind = behind.filter(position__lte=through, **wanted)
    found = list(behind.select_related("charge_point")[: limit + 1])
    if len(found) <= limit:
        return Page(found, through, more=through < end)
    return Page(found[:limit], found[limit - 1].position or 0, more=True)


def event_body(event: Event) -> dict[str, Any]:
    """An event as core sees it, in the feed and in a webhook alike; JSON-ready.

    The charge point should have been fetched with it (`select_related`).
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
