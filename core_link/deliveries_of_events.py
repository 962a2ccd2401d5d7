"""By which deliveries an event went, or is going, to the endpoints."""

from itertools import chain

from chargepoints.models import Event
from core_link.models import Delivery

# A delivery names its events, and nothing names the deliveries of an event: those are looked for
# that were made soonest after it, and those that were made last, as by hand.
MOST_AFTER_IT = 1000
MOST_LATEST = 500


def deliveries_of(event: Event) -> list[Delivery]:
    """The latest first. Those that were delivered a day ago are kept no more."""
    since = Delivery.objects.filter(created_at__gte=event.received_at)
    first = since.order_by("created_at").values_list("pk", "event_ids")[:MOST_AFTER_IT]
    latest = since.order_by("-created_at").values_list("pk", "event_ids")[:MOST_LATEST]
    found = {pk for pk, event_ids in chain(first, latest) if event.pk in event_ids}
    rows = Delivery.objects.filter(pk__in=found).select_related("endpoint")
    return list(rows.order_by("-created_at"))
