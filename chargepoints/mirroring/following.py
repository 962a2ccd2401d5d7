"""What the database has for one mirror: the messages that come next, and what became of them."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chargepoints import clock
from chargepoints.models import Command, Message, Mirror
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused

Frame = list[Any]

AT_ONCE = 50
LEASE = timedelta(seconds=20)
# Of a charger that begins transactions without end, the newest.
MOST_IDS = 100
CALL, CALLRESULT, CALLERROR = 2, 3, 4
BOOT = "BootNotification"
# A command of the other system is of no use later.
WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Told:
    """A message to be told: its row's id, the frame, and what the charger was answered here."""

    pk: int
    frame: Frame
    answer: Frame | None


def wanted() -> list[int]:
    """The ids of those that are switched on."""
    return list(Mirror.objects.filter(enabled=True).values_list("pk", flat=True))


def hold(mirror_id: int, worker: uuid.UUID) -> Mirror | None:
    """The mirror as it is now, held by this worker; None where it is another's, or off."""
    if not Mirror.hold(mirror_id, worker, clock.now(), LEASE):
        return None
    return Mirror.objects.select_related("charge_point").get(pk=mirror_id)


def release(mirror_id: int, worker: uuid.UUID) -> None:
    Mirror.objects.filter(pk=mirror_id, held_by=worker).update(held_until=None, connected_at=None)


def waiting(mirror: Mirror) -> list[Told]:
    """The next messages of the charger, in order; before the first one the boot it came with."""
    rows = Message.objects.filter(
        charge_point_id=mirror.charge_point_id, direction=Message.Direction.FROM_CHARGER
    )
    behind = list(rows.filter(pk__gt=mirror.told_through).order_by("pk")[:AT_ONCE])
    if mirror.told_at is None and behind and behind[0].action != BOOT:
        before = rows.filter(pk__lte=mirror.told_through, action=BOOT)
        behind = [*before.order_by("-pk")[:1], *behind]
    found = ((row.pk, _frame(row.request), _frame(row.reply)) for row in behind)
    # What is no CALL tells another system nothing.
    return [
        Told(pk, frame, answer)
        for pk, frame, answer in found
        if frame is not None and frame[0] == CALL and len(frame) == 4
    ]


def end_of(mirror: Mirror) -> int:
    """The newest message of its charge point: what was before a mirror is not told."""
    rows = Message.objects.filter(charge_point_id=mirror.charge_point_id).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def record(mirror: Mirror, told: Told, answer: Frame) -> None:
    """It was told, and this was answered."""
    ours, theirs = _transaction_id(told.answer), _transaction_id(answer)
    changed = {}
    if ours is not None and theirs is not None:
        ids = {**mirror.transaction_ids, str(ours): theirs}
        newest = dict(list(ids.items())[-MOST_IDS:])
        mirror.transaction_ids = changed["transaction_ids"] = newest
    mirror.told_through = max(mirror.told_through, told.pk)
    mirror.told_at = clock.now()
    Mirror.objects.filter(pk=mirror.pk).update(
        told_through=mirror.told_through, told_at=mirror.told_at, error="", **changed
    )


def connected(mirror: Mirror) -> None:
    Mirror.objects.filter(pk=mirror.pk).update(connected_at=clock.now(), error="")


def away(mirror_id: int, error: str) -> None:
    Mirror.objects.filter(pk=mirror_id).update(connected_at=None, error=error[:255])


def as_theirs(mirror: Mirror, payload: Any) -> Any:
    return _renamed(payload, {int(ours): theirs for ours, theirs in mirror.transaction_ids.items()})


def as_ours(mirror: Mirror, payload: Any) -> Any:
    ids = {theirs: int(ours) for ours, theirs in mirror.transaction_ids.items()}
    return _renamed(payload, ids)


def command(mirror: Mirror, message_id: str, action: str, payload: Any) -> Command:
    """What the other system wants of the charger, as a command; the same one for a repetition.

    Raises CommandRefused.
    """
    if action not in mirror.allowed_actions:
        raise CommandRefused("not_supported", f"{action} is not allowed: this is a copy")
    args = {"action": action, "payload": as_ours(mirror, payload)}
    return submission.submit(
        mirror.charge_point,
        "raw",
        args,
        requested_by="mirror",
        idempotency_key=f"mirror-{mirror.pk}-{message_id}"[:255],
        expires_at=None if mirror.charge_point.connection_id is None else clock.now() + WITHIN,
    )


def answer_of(command_id: uuid.UUID) -> tuple[Any, str] | None:
    """The charger's answer to a command, or an error code; None while the command is open."""
    row = Command.objects.get(pk=command_id)
    if row.response is not None and row.state != Command.State.CALLERROR:
        return row.response, ""
    return (None, row.error_code or "GenericError") if row.finished_at else None


def _frame(text: str) -> Frame | None:
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, list) and len(frame) > 2 else None


def _transaction_id(answer: Frame | None) -> int | None:
    if answer is None or answer[0] != CALLRESULT or not isinstance(answer[2], dict):
        return None
    found = answer[2].get("transactionId")
    return found if isinstance(found, int) else None


def _renamed(value: Any, ids: dict[int, int]) -> Any:
    """The payload with the other system's transaction ids; unknown ids stay as they are."""
    if isinstance(value, list):
        return [_renamed(each, ids) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ids.get(each, each)
        if name == "transactionId" and isinstance(each, int)
        else _renamed(each, ids)
        for name, each in value.items()
    }
