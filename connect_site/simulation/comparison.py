"""Compares the chargers' journal, the database, and the events that core received."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Min

from chargepoints.models import ChargePoint, Event, Message, MeterValue, Transaction
from connect_site.simulation.journal import Book, Journal
from core_link.models import Lane

MOST_SHOWN = 20


@dataclass
class Comparison:
    """`faults`: the differences between the three."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        for name, count in self.counts.items():
            yield f"  {name:<44}{count:>12,}"
        yield f"  {'faults':<44}{len(self.faults):>12,}"
        for fault in self.faults[:MOST_SHOWN]:
            yield f"    {fault}"


def compare(journal: Journal, since: datetime) -> Comparison:
    found = Comparison()
    rows = ChargePoint.objects.filter(identity__in=list(journal.books)).order_by("pk")
    for row in rows.iterator(chunk_size=500):
        _compare_one(found, row, journal.books[row.identity], since)
    return found


def _compare_one(found: Comparison, row: ChargePoint, book: Book, since: datetime) -> None:
    messages = Message.objects.filter(
        charge_point=row, direction=Message.Direction.FROM_CHARGER, started_at__gte=since
    )
    stored = set(messages.values_list("message_id", flat=True))
    found.counts["messages acknowledged"] += len(book.acknowledged)
    if lost := book.acknowledged - stored:
        found.faults.append(f"{row.identity}: {len(lost)} acknowledged messages are not stored")
    values = MeterValue.objects.filter(charge_point=row, received_at__gte=since)
    times = Counter(_written(at) for at in values.values_list("sampled_at", flat=True))
    found.counts["samples acknowledged"] += book.samples.total()
    if missing := set(book.samples) - set(times):
        found.faults.append(f"{row.identity}: {len(missing)} acknowledged samples are not stored")
    if double := [at for at, count in times.items() if count > max(1, book.samples[at])]:
        found.faults.append(f"{row.identity}: {len(double)} samples are stored twice")
    _compare_transaction(found, row, book, since)
    _compare_events(found, row, since)


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _compare_transaction(found: Comparison, row: ChargePoint, book: Book, since: datetime) -> None:
    sent = book.transaction
    stored = list(Transaction.objects.filter(charge_point=row, started_received_at__gte=since))
    if sent.transaction_id is None and not stored:
        return
    found.counts["transactions"] += 1
    if [each.transaction_id for each in stored] != [sent.transaction_id]:
        found.faults.append(
            f"{row.identity}: {len(stored)} transactions are stored, but it sent one"
        )
        return
    in_books = (stored[0].meter_start_wh, stored[0].meter_stop_wh)
    if sent.stop_wh is not None and in_books != (sent.start_wh, sent.stop_wh):
        metered = (sent.start_wh, sent.stop_wh)
        found.faults.append(f"{row.identity}: it metered {metered}, and {in_books} is stored")


def _compare_events(found: Comparison, row: ChargePoint, since: datetime) -> None:
    events = Event.objects.filter(charge_point=row, received_at__gte=since)
    first = events.aggregate(first=Min("sequence"))["first"]
    if first is None:
        return
    numbers = list(
        Event.objects.filter(charge_point=row, sequence__gte=first)
        .order_by("sequence")
        .values_list("sequence", flat=True)
    )
    found.counts["events"] += len(numbers)
    if numbers != list(range(first, first + len(numbers))):
        found.faults.append(f"{row.identity}: its events have gaps")
    lanes = Lane.objects.filter(charge_point=row, replay=False)
    for through in lanes.values_list("delivered_through", flat=True):
        found.counts["events that core has got"] += max(0, min(through, numbers[-1]) - first + 1)
