"""Lanes: the events that wait for an endpoint, by charge point, and the next deliveries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet, Sum

from chargepoints import clock
from chargepoints.database import statements
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import Event, EventFeed
from core_link import scope
from core_link.models import Delivery, Endpoint, Lane

BATCH = 100
# P16: on SQLite chargers wait for this transaction. Larger than one round of deliveries.
FEED_PAGE = 1000

# An empty lane continues with the new events, and skips those before that were filtered out.
_HAS_NEWS = """
INSERT INTO core_link_lane
(endpoint_id, charge_point_id, replay, delivered_through, pending_through, served_at)
VALUES {rows}
ON CONFLICT (endpoint_id, charge_point_id, replay)
DO UPDATE SET pending_through = excluded.pending_through,
delivered_through = CASE WHEN core_link_lane.delivered_through < core_link_lane.pending_through
THEN core_link_lane.delivered_through ELSE excluded.delivered_through END
"""
_EVENTS_OF_RANGES = """
SELECT event.id, event.charge_point_id, event.sequence FROM chargepoints_event AS event
JOIN (VALUES {ranges}) AS part
ON event.charge_point_id = part.column1
AND event.sequence BETWEEN part.column2 AND part.column3
WHERE {types} ORDER BY event.position
"""


@dataclass(frozen=True, slots=True)
class Range:
    """Events of one charge point, by sequence, both ends inclusive."""

    lane: Lane
    first: int
    last: int


class _Row(NamedTuple):
    event_id: int
    charge_point_id: int
    sequence: int


def read_feed(endpoint: Endpoint) -> bool:
    """Add new events of the feed to the lanes; return whether there were any."""
    rows = list(
        Event.objects.filter(position__gt=endpoint.read_through)
        .order_by("position")
        .values_list("position", "charge_point_id", "sequence", "type")[:FEED_PAGE]
    )
    if not rows:
        return False
    ends: dict[int, tuple[int, int]] = {}
    whose = scope.within(endpoint, (row[1] for row in rows))
    for _, charge_point_id, sequence, event_type in rows:
        unwanted = endpoint.event_types and event_type not in endpoint.event_types
        if unwanted or charge_point_id not in whose:
            continue
        before, _ = ends.get(charge_point_id, (sequence - 1, sequence))
        ends[charge_point_id] = before, sequence
    now = connection.ops.adapt_datetimefield_value(clock.now())
    statements.send_at_once(
        _has_news, [(endpoint.pk, each, *ends[each], now) for each in sorted(ends)]
    )
    endpoint.read_through = rows[-1][0] or endpoint.read_through
    endpoint.save(update_fields=["read_through"])
    return True


@cache
def _has_news(lanes: int) -> str:
    return _HAS_NEWS.format(rows=", ".join(["(%s, %s, FALSE, %s, %s, %s)"] * lanes))


def plan(endpoint: Endpoint, count: int, now: datetime, lease_ends: datetime) -> list[Delivery]:
    """Create up to `count` deliveries, claimed until `lease_ends`; their lanes wait for them."""
    planned: list[Delivery] = []
    for replay in (False, True):
        while wanted := count - len(planned):
            waiting = _waiting(endpoint).filter(replay=replay).order_by("served_at")
            lanes = waiting[: wanted * BATCH].iterator(
                chunk_size=BATCH
            )  # usually the first few suffice
            batches = list(pack(lanes, wanted))
            deliveries = [_deliver(endpoint, batch, now, lease_ends) for batch in batches]
            planned += [delivery for delivery in deliveries if delivery is not None]
            if all(deliveries):
                break
            # Lanes without events for the endpoint have skipped to their next ones: try again.
    return planned


def has_waiting(endpoint: Endpoint) -> bool:
    return _WAITING.exists(endpoint.pk)


def backlog(endpoint: Endpoint) -> int:
    """The number of events that the endpoint has not acknowledged, including those in flight.

    With filters it is an upper bound, because it includes events that are filtered out.
    """
    behind = F("pending_through") - F("delivered_through")
    in_lanes = Lane.objects.filter(
        endpoint=endpoint, replay=False, pending_through__gt=F("delivered_through")
    ).aggregate(events=Sum(behind))["events"]
    feed = EventFeed.objects.first()
    unread = feed.last_position - endpoint.read_through if feed else 0
    return (in_lanes or 0) + max(0, unread)


def pack(lanes: Iterable[Lane], count: int) -> Iterator[list[Range]]:
    """At most `count` batches of at most BATCH events; a suspect lane gets its own batch."""
    shared: list[Range] = []
    room = BATCH
    for lane in lanes:
        if count == 0:
            return
        first = lane.delivered_through + 1
        if lane.batch_limit is not None:
            last = min(lane.pending_through, lane.delivered_through + lane.batch_limit)
            yield [Range(lane, first, last)]
            count -= 1
            continue
        last = min(lane.pending_through, lane.delivered_through + room)
        shared.append(Range(lane, first, last))
        room -= last - lane.delivered_through
        if room == 0:
            yield shared
            count -= 1
            shared, room = [], BATCH
    if shared and count:
        yield shared


def _waiting(endpoint: Endpoint) -> QuerySet[Lane]:
    return _waiting_for(endpoint.pk)


def _waiting_for(endpoint_id: Any) -> QuerySet[Lane]:
    return Lane.objects.filter(
        endpoint_id=endpoint_id, delivery=None, pending_through__gt=F("delivered_through")
    )


# Queried repeatedly while idle.
_WAITING = PreparedQuery(_waiting_for)


def _deliver(
    endpoint: Endpoint, batch: list[Range], now: datetime, lease_ends: datetime
) -> Delivery | None:
    rows = _events(endpoint, batch)
    told_of = {row.charge_point_id for row in rows}
    for part in batch:
        if part.lane.charge_point_id not in told_of:
            _skip(endpoint, part)
    if not rows:
        return None
    delivery = Delivery.objects.create(
        endpoint=endpoint,
        event_ids=[row.event_id for row in rows],
        event_count=len(rows),
        next_attempt_at=now,
        claimed_until=lease_ends,
        created_at=now,
    )
    Lane.objects.filter(
        pk__in=[part.lane.pk for part in batch if part.lane.charge_point_id in told_of]
    ).update(delivery=delivery)
    return delivery


def _events(endpoint: Endpoint, batch: list[Range]) -> list[_Row]:
    types = endpoint.event_types
    sql = _EVENTS_OF_RANGES.format(
        ranges=", ".join(["(%s, %s, %s)"] * len(batch)),
        types=f"event.type IN ({', '.join(['%s'] * len(types))})" if types else "1 = 1",
    )
    ends = [end for part in batch for end in (part.lane.charge_point_id, part.first, part.last)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ends, *types])
        return [_Row(*row) for row in cursor.fetchall()]


def _skip(endpoint: Endpoint, part: Range) -> None:
    """Move a lane past a range without events for the endpoint, to the next event for it."""
    later = Event.objects.filter(
        charge_point=part.lane.charge_point_id,
        sequence__gt=part.last,
        sequence__lte=part.lane.pending_through,
    )
    if endpoint.event_types:
        later = later.filter(type__in=endpoint.event_types)
    following = later.order_by("sequence").values_list("sequence", flat=True).first()
    part.lane.delivered_through = following - 1 if following else part.lane.pending_through
    part.lane.save(update_fields=["delivered_through"])
