"""Transactions that have changed since a position of the event feed, found through their events.

Events get their positions after the commit, so a reader that continues at the last position misses
none, and no commit of a charger has to write anything more.
"""

from dataclasses import dataclass

from django.db.models.fields.json import KT

from chargepoints.models import Event
from chargepoints.services.history import event_feed

# Events that one page reads at most.
LOOKED_THROUGH = 5000
# Event type -> the field of its data with the gateway's id of the transaction.
_ID_IN = {
    "transaction.started": "id",
    "transaction.updated": "id",
    "transaction.ended": "id",
    "transaction.corrected": "id",
    "meter_values.recorded": "transaction",
}


class Pruned(Exception):
    """Events after this position have been deleted, so their transactions are unknown."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of transactions, by their last change; `more`: there may be later ones."""

    ids: list[int]
    last_position: int
    more: bool


def read(after: int | None, limit: int) -> Changes:
    """Transactions that changed `after` a position; without one, only the present position.

    Raises BeyondTheEnd, Pruned.
    """
    end = event_feed.end_after(after or 0)
    if after is None:
        return Changes([], end, more=False)
    placed = Event.objects.exclude(position=None).order_by("position")
    oldest = placed.values_list("position", flat=True).first()
    begins = end + 1 if oldest is None else oldest
    if after + 1 < begins:
        raise Pruned(f"events up to position {begins - 1} have been deleted")
    rows = list(
        placed.filter(position__gt=after, position__lte=end).values_list(
            "position", "type", KT("data__id"), KT("data__transaction")
        )[:LOOKED_THROUGH]
    )
    return _changes(rows, limit, after, end)


def _changes(
    rows: list[tuple[int, str, str | None, str | None]], limit: int, after: int, end: int
) -> Changes:
    last_changes: dict[int, int] = {}
    seen_through = after
    for position, type, its_id, transaction in rows:
        told_of = {"id": its_id, "transaction": transaction}.get(_ID_IN.get(type, ""))
        if told_of is not None:
            if int(told_of) not in last_changes and len(last_changes) == limit:
                break
            last_changes[int(told_of)] = position
        seen_through = position
    else:
        if len(rows) < LOOKED_THROUGH:
            seen_through = end
    ids = sorted(last_changes, key=last_changes.__getitem__)
    return Changes(ids, seen_through, more=seen_through < end)
