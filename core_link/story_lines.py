"""Lines of a charge point's story: the events that core received, or not yet."""

from collections import Counter
from collections.abc import Iterator

from chargepoints.models import ChargePoint, Event
from chargepoints.services.history import meanings
from chargepoints.services.history.story import BAD, MOST, PLAIN, WARN, Line, Span
from chargepoints.services.history.time_bounds import first_id_since
from core_link import scope
from core_link.models import DeadLetter, Endpoint, Lane

# Frequent events, which other lines of the story show as well: once received, they are only
# counted.
FREQUENT = frozenset(
    {
        "charge_point.status_changed",
        "connector.status_changed",
        "meter_values.recorded",
        "transaction.updated",
    }
)


def lines(charge_point: ChargePoint, span: Span) -> Iterator[Line]:
    """One line for each event and endpoint; the page of an event lists its deliveries."""
    first = first_id_since(Event, "received_at", span.begin)
    rows = Event.objects.filter(
        charge_point=charge_point, pk__gte=first, received_at__lt=span.end
    ).order_by("-pk")
    events = list(rows[:MOST])
    for endpoint in Endpoint.objects.all():
        if scope.within(endpoint, [charge_point.pk]):
            yield from _lines_of(endpoint, charge_point, events)


def _lines_of(endpoint: Endpoint, charge_point: ChargePoint, events: list[Event]) -> Iterator[Line]:
    """`events` are sorted, the latest first."""
    who = "Core" if endpoint.from_environment else endpoint.name
    lane = Lane.objects.filter(endpoint=endpoint, charge_point=charge_point, replay=False).first()
    given_up = dict(
        DeadLetter.objects.filter(endpoint=endpoint, event__in=events, resent_at=None).values_list(
            "event", "error"
        )
    )
    frequent = Counter(event.type for event in events)
    for event in events:
        if endpoint.event_types and event.type not in endpoint.event_types:
            continue
        named = f"the event {event.type}{_meaning(event)}"
        if event.pk in given_up:
            text = f"{who} did not take {named}: {given_up[event.pk]}."
            yield Line(event.occurred_at, "event", text, BAD, event)
        elif _waits(event, endpoint, lane):
            text = f"{named[:1].upper()}{named[1:]} waits to be sent to {who}."
            yield Line(event.occurred_at, "event", text, WARN, event)
        elif lane is None or event.received_at < endpoint.created_at:
            continue  # older than the endpoint
        elif event.type not in FREQUENT:
            yield Line(event.occurred_at, "event", f"{who} received {named}.", PLAIN, event)
        elif count := frequent.pop(event.type, 0):
            times = f", {count} times in this time" if count > 1 else ""
            text = f"{who} received the event {event.type}{times}."
            yield Line(event.occurred_at, "event", text, PLAIN, event)


def _waits(event: Event, endpoint: Endpoint, lane: Lane | None) -> bool:
    if event.position is None or event.position > endpoint.read_through:
        return True
    return lane is not None and lane.delivered_through < event.sequence <= lane.pending_through


def _meaning(event: Event) -> str:
    meaning = meanings.of_event(event.data) if isinstance(event.data, dict) else ""
    return f" ({meaning})" if meaning else ""
