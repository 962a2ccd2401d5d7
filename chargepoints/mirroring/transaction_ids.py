"""OCPP 1.6: each central system assigns transaction ids; maps ours to the other system's."""

from typing import Any

from chargepoints.mirroring.traced_messages import TracedMessage
from chargepoints.models import Message, Mirror, Transaction
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.history.time_bounds import first_id_since

# The newest are kept if a charger starts transactions without end.
MOST_IDS = 100
# Errata of 1.6: chargers send this id if the start of a transaction got none.
NO_ID = -1
# How many messages, from its time of receipt on, are searched for a start.
LOOK_THROUGH = 50


def in_answer(payload: Any) -> int | None:
    """The transaction id that an answer assigns."""
    found = payload.get("transactionId") if isinstance(payload, dict) else None
    return found if type(found) is int else None


def learned(mirror: Mirror, ours: int, theirs: int | None) -> dict[str, int]:
    ids = {**mirror.transaction_ids, str(ours): NO_ID if theirs is None else theirs}
    return dict(list(ids.items())[-MOST_IDS:])


def as_theirs(mirror: Mirror, payload: Any) -> Any:
    """With the other system's ids, or -1 if it has assigned none, because our id may belong to
    another transaction there. Ids of 0 and less are not ours, and stay.
    """
    ids = mirror.transaction_ids
    return _renamed(payload, lambda ours: ids.get(str(ours), NO_ID if ours > 0 else ours))


def as_ours(mirror: Mirror, payload: Any) -> Any:
    """With our ids. Raises CommandRefused for an id that the other system has not assigned."""
    ids = {theirs: int(ours) for ours, theirs in mirror.transaction_ids.items() if theirs != NO_ID}

    def ours_of(theirs: int) -> int:
        if theirs not in ids:
            raise CommandRefused("not_found", f"transaction {theirs} is not of this charge point")
        return ids[theirs]

    return _renamed(payload, ours_of)


def start_before(mirror: Mirror, payload: Any) -> TracedMessage | None:
    """The start of this message's transaction, if it was received before the mirror was set up:
    then it is forwarded now.
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
    messages = (each for each in map(TracedMessage, rows[:LOOK_THROUGH]) if each.call is not None)
    return next((each for each in messages if in_answer(each.answer) == ours), None)


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
