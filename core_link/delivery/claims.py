"""Claims deliveries that are due, so that no other process sends them too."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Prefetch, Q, QuerySet

from chargepoints import clock
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import ChargePoint, Event, EventFeed
from core_link.delivery import lanes
from core_link.models import Delivery, Endpoint

POST_TIMEOUT_S = 15.0
# A claim lasts longer than the attempt, and expires if its process dies.
LEASE_S = POST_TIMEOUT_S + 10
# How many new deliveries may probe an endpoint that is down, without waiting: the delivery that
# failed may have failed because of its own content.
PROBES = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt of one delivery; `events` are in the order of the feed."""

    delivery_id: UUID
    endpoint: Endpoint
    begun_at: datetime
    until: datetime
    events: list[Event]
    backlog: int


def _due_to(endpoint_id: Any, now: Any) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        endpoint_id=endpoint_id,
        state=str(Delivery.State.PENDING),
        next_attempt_at__lte=now,
    )


# Queried repeatedly while idle.
_ANY_DUE = PreparedQuery(_due_to)
_NEWS: PreparedQuery[EventFeed] = PreparedQuery(
    lambda position: EventFeed.objects.filter(last_position__gt=position)
)


def has_work(endpoint: Endpoint) -> bool:
    """Whether `take` may find something: a cheap check without a lock."""
    now = clock.now()
    if _NEWS.exists(endpoint.read_through):
        return True
    if endpoint.hold_until and endpoint.hold_until > now:
        return False
    return _ANY_DUE.exists(endpoint.pk, now) or lanes.has_waiting(endpoint)


def take(endpoint_id: int, count: int) -> list[Claim]:
    """Claim up to `count` deliveries of an endpoint: old ones that are due, and new ones."""
    with transaction.atomic():
        # The holder of the lock does the same work, so there is no need to wait.
        locked = Endpoint.objects.select_for_update(skip_locked=True, no_key=True)
        endpoint = locked.filter(pk=endpoint_id, enabled=True).first()
        if endpoint is None:
            return []
        lanes.read_feed(endpoint)
        now = clock.now()
        lease_ends = now + timedelta(seconds=LEASE_S)
        deliveries = _take(endpoint, count, now, lease_ends)
        backlog = lanes.backlog(endpoint) if deliveries else 0
    events = _events(deliveries)
    return [
        Claim(
            delivery_id=delivery.pk,
            endpoint=endpoint,
            begun_at=now,
            until=lease_ends,
            events=[events[pk] for pk in delivery.event_ids if pk in events],
            backlog=max(0, backlog - delivery.event_count),
        )
        for delivery in deliveries
    ]


def _take(endpoint: Endpoint, count: int, now: datetime, lease_ends: datetime) -> list[Delivery]:
    if endpoint.hold_until and endpoint.hold_until > now:
        return []
    if endpoint.down_since is not None:
        return _take_probe(endpoint, now, lease_ends)
    due = _claim(_due(endpoint, now).order_by("next_attempt_at")[:count], lease_ends)
    return due + lanes.plan(endpoint, count - len(due), now, lease_ends)


def _take_probe(endpoint: Endpoint, now: datetime, lease_ends: datetime) -> list[Delivery]:
    """Claim one delivery, if no other is in flight: alternately a new one and a failed one.

    The first new deliveries do not wait for `probe_at`: the failed one may have failed because of
    its own content.
    """
    pending = endpoint.deliveries.filter(state=Delivery.State.PENDING)
    if pending.filter(claimed_until__gt=now).exists():
        return []
    due = _due(endpoint, now)
    ready = endpoint.probe_at is None or endpoint.probe_at <= now
    new_ones_turn = due.count() < PROBES or (ready and endpoint.failures % 2)
    if new_ones_turn and (new := lanes.plan(endpoint, 1, now, lease_ends)):
        return new
    if not ready:
        return []
    return _claim(due.order_by(F("last_attempt_at").asc(nulls_first=True))[:1], lease_ends)


def _due(endpoint: Endpoint, now: datetime) -> QuerySet[Delivery]:
    return _due_to(endpoint.pk, now)


def _claim(chosen: QuerySet[Delivery], lease_ends: datetime) -> list[Delivery]:
    deliveries = list(chosen)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
        claimed_until=lease_ends
    )
    return deliveries


def _events(deliveries: list[Delivery]) -> dict[int, Event]:
    """By primary key; an event that has been deleted since is missing."""
    wanted = {pk for delivery in deliveries for pk in delivery.event_ids}
    told_of = Prefetch("charge_point", queryset=ChargePoint.objects.only("identity", "external_id"))
    return Event.objects.prefetch_related(told_of).in_bulk(wanted)
