"""Events are kept until every endpoint has acknowledged them, and then for a while."""

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, QuerySet

from chargepoints.models import Event
from chargepoints.services.history import event_feed
from chargepoints.services.history.retention import Kept
from core_link import endpoints
from core_link.models import DeadLetter, Delivery, Endpoint, Lane


def events() -> Kept:
    # The event worker does both. If none has run yet, this keeps the events for its first run.
    endpoints.follow_environment()
    while event_feed.assign_positions():
        pass
    return Kept(_deletable(), "received_at", settings.KEEP_EVENTS_DAYS)


def _deletable() -> QuerySet[Event]:
    """Events that no endpoint waits for, that will not be sent again, and are no dead letters."""
    # An endpoint that was removed from the environment will not get them.
    listening = Endpoint.objects.exclude(disabled_reason=endpoints.NOT_SET)
    deletable = Event.objects.exclude(position=None)
    read_by_all = listening.aggregate(through=Min("read_through"))["through"]
    if read_by_all is not None:
        deletable = deletable.filter(position__lte=read_by_all)
    waiting = Lane.objects.filter(
        endpoint__in=listening,
        charge_point=OuterRef("charge_point"),
        delivered_through__lt=OuterRef("sequence"),
        pending_through__gte=OuterRef("sequence"),
    )
    given_up = DeadLetter.objects.filter(event=OuterRef("pk"), resent_at=None)
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    under_way = {pk for pks in pending.values_list("event_ids", flat=True) for pk in pks}
    return deletable.exclude(Exists(waiting)).exclude(Exists(given_up)).exclude(pk__in=under_way)
