"""Sending again: events picked by hand, a range of the feed, all since; and dead letters.

A range goes through lanes of its own, in order for each charge point, beside what is new; only
what was sent before is sent again. Events picked by hand go as they are.
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
    """Send these events again, soon; returns how many."""
    pks = list(events.exclude(position=None).order_by("position").values_list("pk", flat=True))
    _deliver(endpoint, pks)
    return len(pks)


def resend_delivery(delivery: Delivery) -> int:
    """Send what a delivery holds once more, as a new one; returns how many events.

    One that still waits is tried now instead.
    """
    if delivery.state == Delivery.State.PENDING:
        retry_now(Delivery.objects.filter(pk=delivery.pk))
        return delivery.event_count
    return resend(delivery.endpoint, Event.objects.filter(pk__in=delivery.event_ids))


def resend_since(endpoint: Endpoint, since: datetime) -> int:
    """Send all again that was received at or after `since`; returns for how many charge points."""
    return _replay(endpoint, Event.objects.filter(received_at__gte=since))


def resend_range(endpoint: Endpoint, first: int, last: int) -> int:
    """Send these positions of the feed again; returns for how many charge points."""
    return _replay(endpoint, Event.objects.filter(position__gte=first, position__lte=last))


def resend_dead_letters(letters: QuerySet[DeadLetter]) -> int:
    """Give dead letters another round of attempts; returns how many."""
    with transaction.atomic():
        by_endpoint: dict[int, list[int]] = {}
        for letter in letters.select_related("event").order_by("event__position"):
            by_endpoint.setdefault(letter.endpoint_id, []).append(letter.event_id)
        for endpoint in Endpoint.objects.filter(pk__in=by_endpoint):
            _deliver(endpoint, by_endpoint[endpoint.pk])
        pks = list(letters.values_list("pk", flat=True))
        return DeadLetter.objects.filter(pk__in=pks).update(resent_at=clock.now())


def retry_now(deliveries: QuerySet[Delivery]) -> int:
    """Do not wait for the next attempt's time; returns how many were waiting."""
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
                # What the lane has not come to yet must not overtake what it is about to send.
                last = min(last, live.delivered_through)
            if first <= last:
                lane = known.get((charge_point_id, True)) or Lane(
                    endpoint=endpoint, charge_point_id=charge_point_id, replay=True
                )
                _extend(lane, first, last)
                count += 1
    return count


def _extend(lane: Lane, first: int, last: int) -> None:
    """Have a replay lane cover this range too, from its beginning."""
    idle = lane.pk is None or lane.delivered_through >= lane.pending_through
    if idle or first - 1 < lane.delivered_through:
        # What is under way then belongs to no lane: it comes again, in its turn.
        lane.delivery = None
        lane.delivered_through = first - 1
    lane.pending_through = last if idle else max(last, lane.pending_through)
    lane.save()
