"""Sends events again: single ones, a range of the feed, all since a time, and dead letters.

A range uses separate replay lanes, in order for each charge point, in parallel to new events;
it contains only events that were sent before. Single events are sent without a lane.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from chargepoints import clock
from chargepoints.models import Event
from core_link import scope
from core_link.delivery.lanes import BATCH
from core_link.models import DeadLetter, Delivery, Endpoint, Lane


def resend(endpoint: Endpoint, events: QuerySet[Event]) -> int:
    """Queue these events again; return their number."""
    pks = list(events.exclude(position=None).order_by("position").values_list("pk", flat=True))
    _deliver(endpoint, pks)
    return len(pks)


def resend_delivery(delivery: Delivery) -> int:
    """Send a delivery's events again, as a new delivery; return their number.

    A delivery that still waits is retried now instead.
    """
    if delivery.state == Delivery.State.PENDING:
        retry_now(Delivery.objects.filter(pk=delivery.pk))
        return delivery.event_count
    return resend(delivery.endpoint, Event.objects.filter(pk__in=delivery.event_ids))


def resend_since(endpoint: Endpoint, since: datetime) -> int:
    """Send all events received since then again; return the number of charge points."""
    return _replay(endpoint, Event.objects.filter(received_at__gte=since))


def resend_range(endpoint: Endpoint, first: int, last: int) -> int:
    """Send these positions of the feed again; return the number of charge points."""
    return _replay(endpoint, Event.objects.filter(position__gte=first, position__lte=last))


def resend_dead_letters(letters: QuerySet[DeadLetter]) -> int:
    """Queue dead letters for further attempts; return their number."""
    with transaction.atomic():
        by_endpoint: dict[int, list[int]] = {}
        for letter in letters.select_related("event").order_by("event__position"):
            by_endpoint.setdefault(letter.endpoint_id, []).append(letter.event_id)
        for endpoint in Endpoint.objects.filter(pk__in=by_endpoint):
            _deliver(endpoint, by_endpoint[endpoint.pk])
        pks = list(letters.values_list("pk", flat=True))
        return DeadLetter.objects.filter(pk__in=pks).update(resent_at=clock.now())


def retry_now(deliveries: QuerySet[Delivery]) -> int:
    """Retry without waiting for the scheduled time; return the number of waiting deliveries."""
    return deliveries.filter(state=Delivery.State.PENDING).update(next_attempt_at=clock.now())


def _deliver(endpoint: Endpoint, event_ids: Sequence[int]) -> None:
    parts = [event_ids[start : start + BATCH] for start in range(0, len(event_ids), BATCH)]
    Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, event_ids=part, event_count=len(part)) for part in parts
    )


def _replay(endpoint: Endpoint, events: QuerySet[Event]) -> int:
    if scope.is_narrowed(endpoint):
        events = events.filter(charge_point__in=scope.charge_points(endpoint))
    ranges = (
        events.exclude(position=None)
        .order_by()
        .values("charge_point_id")
        .annotate(first=Min("sequence"), last=Max("sequence"))
    )
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        lanes = endpoint.lanes.in_bulk(field_name="pk")
        known = {(lane.charge_point_id, lane.replay): lane for lane in lanes.values()}
        count = 0
        for each in ranges:
            charge_point_id, first, last = each["charge_point_id"], each["first"], each["last"]
            if live := known.get((charge_point_id, False)):
                # Events that the live lane has not sent yet must not be sent here first.
                last = min(last, live.delivered_through)
            if first <= last:
                lane = known.get((charge_point_id, True)) or Lane(
                    endpoint=endpoint, charge_point_id=charge_point_id, replay=True
                )
                _extend(lane, first, last)
                count += 1
    return count


def _extend(lane: Lane, first: int, last: int) -> None:
    """Extend a replay lane by this range, from the range's beginning."""
    idle = lane.pk is None or lane.delivered_through >= lane.pending_through
    if idle or first - 1 < lane.delivered_through:
        # A delivery in flight no longer belongs to a lane: its events are sent again in order.
        lane.delivery = None
        lane.delivered_through = first - 1
    lane.pending_through = last if idle else max(last, lane.pending_through)
    lane.save()
