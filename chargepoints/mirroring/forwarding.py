"""The database side of one mirror: the next messages to forward, and their results."""

import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from chargepoints import clock
from chargepoints.mirroring import transaction_ids
from chargepoints.mirroring.traced_messages import TracedMessage
from chargepoints.models import Command, Message, Mirror
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused

logger = logging.getLogger(__name__)

AT_ONCE = 50
LEASE = timedelta(seconds=20)
# Longer than a successful transaction takes.
COMMITTED_AFTER = timedelta(seconds=2)
BOOT = "BootNotification"
# A command of the other system expires after this time.
WITHIN = timedelta(seconds=60)


def enabled_ids() -> list[int]:
    """The ids of the enabled mirrors."""
    return list(Mirror.objects.filter(enabled=True).values_list("pk", flat=True))


def hold(mirror_id: int, worker: uuid.UUID) -> Mirror | None:
    """Take or renew the worker's lease; return the current row, or None if off or another's."""
    if not Mirror.hold(mirror_id, worker, clock.now(), LEASE):
        return None
    return Mirror.objects.select_related("charge_point").get(pk=mirror_id)


def release(mirror_id: int, worker: uuid.UUID) -> None:
    Mirror.objects.filter(pk=mirror_id, held_by=worker).update(held_until=None, connected_at=None)


def next_messages(mirror: Mirror) -> list[TracedMessage]:
    """The next messages of the charger, in order; the very first is preceded by the last boot.

    Messages before them that are not forwarded are skipped.
    """
    rows = _from_charger(mirror)
    while behind := list(rows.filter(pk__gt=mirror.told_through).order_by("pk")[:AT_ONCE]):
        behind = list(_committed(mirror, behind))
        if not behind:
            return []
        found = [
            each for each in map(TracedMessage, behind) if each.is_forwarded or each.is_unreadable
        ]
        if found:
            break
        _advance(mirror, behind[-1].pk)
    else:
        return []
    if mirror.told_at is None and found[0].action != BOOT:
        before = rows.filter(pk__lt=found[0].pk, action=BOOT).order_by("-pk")[:1]
        found = [*(boot for boot in map(TracedMessage, before) if boot.call), *found]
    return found


def _committed(mirror: Mirror, rows: list[Message]) -> Iterator[Message]:
    """The rows up to a change of the socket. Rows of the previous socket, perhaps of another
    process, may be committed a moment later with smaller ids.
    """
    newest = clock.now() - COMMITTED_AFTER
    before = Message.objects.filter(pk=mirror.told_through)
    connection_id = before.values_list("connection_id", flat=True).first()
    for row in rows:
        stored_at = row.started_at + timedelta(milliseconds=row.duration_ms or 0)
        if row.connection_id != connection_id and stored_at > newest:
            return
        connection_id = row.connection_id
        yield row


def _from_charger(mirror: Mirror) -> QuerySet[Message]:
    return Message.objects.filter(
        charge_point_id=mirror.charge_point_id, direction=Message.Direction.FROM_CHARGER
    ).select_related("connection", "charge_point")


def _advance(mirror: Mirror, pk: int) -> None:
    mirror.told_through = max(mirror.told_through, pk)
    Mirror.objects.filter(pk=mirror.pk).update(told_through=mirror.told_through)


def skip_unreadable(mirror: Mirror, message: TracedMessage) -> None:
    """Count and skip a message that was readable when received, but not in the trace."""
    logger.warning("message %d of %s cannot be read again", message.pk, mirror)
    Mirror.objects.filter(pk=mirror.pk).update(missed=F("missed") + 1)
    _advance(mirror, message.pk)


def protocol(mirror: Mirror) -> str:
    """The subprotocol for the other system: the one over which the next message was received."""
    behind = next_messages(mirror)
    return behind[0].protocol if behind else mirror.charge_point.protocol


def waiting_since(mirror: Mirror) -> datetime | None:
    """When the oldest message that waits was received; None if none waits."""
    behind = _from_charger(mirror).filter(pk__gt=mirror.told_through).order_by("pk")
    return behind.values_list("started_at", flat=True).first()


def newest_message_id(mirror: Mirror) -> int:
    """The id of the charge point's newest message: earlier messages are not forwarded."""
    rows = Message.objects.filter(charge_point_id=mirror.charge_point_id).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def record_forwarded(mirror: Mirror, message: TracedMessage, answer: Any) -> None:
    """Store that it was forwarded; `answer` is the payload of its CALLRESULT, or None."""
    changed = {}
    ours = transaction_ids.in_answer(message.answer)
    if ours is not None:
        theirs = transaction_ids.in_answer(answer)
        mirror.transaction_ids = transaction_ids.learned(mirror, ours, theirs)
        changed["transaction_ids"] = mirror.transaction_ids
    mirror.told_through = max(mirror.told_through, message.pk)
    mirror.told_at = clock.now()
    Mirror.objects.filter(pk=mirror.pk).update(
        told_through=mirror.told_through, told_at=mirror.told_at, error="", **changed
    )


def connected(mirror: Mirror) -> None:
    Mirror.objects.filter(pk=mirror.pk).update(connected_at=clock.now(), error="")


def disconnected(mirror_id: int, error: str) -> None:
    Mirror.objects.filter(pk=mirror_id).update(connected_at=None, error=error[:255])


def submit_command(mirror: Mirror, message_id: str, action: str, payload: Any) -> Command:
    """Submit a CALL of the other system as a command; a repetition returns the same command.

    Raises CommandRefused.
    """
    if action not in mirror.allowed_actions:
        raise CommandRefused("not_supported", f"{action} is not allowed: this is a copy")
    args = {"action": action, "payload": transaction_ids.as_ours(mirror, payload)}
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
