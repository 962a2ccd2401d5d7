"""Finds the deliveries that contain an event."""

from itertools import chain

from chargepoints.models import Event
from core_link.models import Delivery

# Deliveries refer to events, but not the reverse. So the search covers the deliveries created
# first after the event, and the latest ones, such as those that staff requested.
MOST_AFTER_IT = 1000
MOST_LATEST = 500


def deliveries_of(event: Event) -> list[Delivery]:
    """The latest first. Successful deliveries are deleted after a day."""
    since = Delivery.objects.filter(created_at__gte=event.received_at)
    first = since.order_by("created_at").values_list("pk", "event_ids")[:MOST_AFTER_IT]
    latest = since.order_by("-created_at").values_list("pk", "event_ids")[:MOST_LATEST]
    found = {pk for pk, event_ids in chain(first, latest) if event.pk in event_ids}
    rows = Delivery.objects.filter(pk__in=found).select_related("endpoint")
    return list(rows.order_by("-created_at"))
