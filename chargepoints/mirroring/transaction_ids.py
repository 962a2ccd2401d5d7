"""OCPP 1.6: each central system numbers transactions itself. Ours and the other system's."""

from typing import Any

from chargepoints.mirroring.reading import Said
from chargepoints.models import Message, Mirror, Transaction
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.history.time_bounds import first_id_since

# Of a charger that begins transactions without end, the newest.
MOST_IDS = 100
# Errata of 1.6: what a charger says of a transaction whose start has got no id.
NO_ID = -1
# A start stands among the first messages since it was received.
LOOK_THROUGH = 50


def in_answer(payload: Any) -> int | None:
    """The number that an answer gives to a transaction."""
    found = payload.get("transactionId") if isinstance(payload, dict) else None
    return found if type(found) is int else None


def learned(mirror: Mirror, ours: int, theirs: int | None) -> dict[str, int]:
    ids = {**mirror.transaction_ids, str(ours): NO_ID if theirs is None else theirs}
    return dict(list(ids.items())[-MOST_IDS:])


def as_theirs(mirror: Mirror, payload: Any) -> Any:
    """Under the other system's number; -1 where it has given none: ours may be another one's
    there. 0 and less are no numbers of ours.
    """
    ids = mirror.transaction_ids
    return _renamed(payload, lambda ours: ids.get(str(ours), NO_ID if ours > 0 else ours))


def as_ours(mirror: Mirror, payload: Any) -> Any:
    """Raises CommandRefused for a number that it has not given."""
    ids = {theirs: int(ours) for ours, theirs in mirror.transaction_ids.items() if theirs != NO_ID}

    def ours_of(theirs: int) -> int:
        if theirs not in ids:
            raise CommandRefused("not_found", f"transaction {theirs} is not of this charge point")
        return ids[theirs]

    return _renamed(payload, ours_of)


def start_before(mirror: Mirror, payload: Any) -> Said | None:
    """The start of the transaction that this is about, where it was said before the mirror was
    set up: it is told now.
    """
    ours = in_answer(payload)
    if ours is None or str(ours) in mirror.transaction_ids:
        return None
    begun = Transaction.objects.filter(
        charge_point_id=mirror.charge_point_id, transaction_id=str(ours), superseded=False
    )
    at = begun.values_list("started_received_at", flat=True).first()
    if at is None:
        return None
    rows = Message.objects.filter(
        charge_point_id=mirror.charge_point_id,
        direction=Message.Direction.FROM_CHARGER,
        pk__gte=first_id_since(Message, "started_at", at),
        pk__lte=mirror.begins_after,
    )
    rows = rows.select_related("connection", "charge_point").order_by("pk")
    said = (each for each in map(Said, rows[:LOOK_THROUGH]) if each.call is not None)
    return next((each for each in said if in_answer(each.answer) == ours), None)


def _renamed(value: Any, rename: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(each, rename) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: rename(each)
        if name == "transactionId" and type(each) is int
        else _renamed(each, rename)
        for name, each in value.items()
    }
