"""One command to many charge points: stored first, then submitted in small transactions."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from django.db import IntegrityError, transaction

from chargepoints import clock
from chargepoints.models import ChargePoint, Command, CommandBatch
from chargepoints.services.commands import submission
from chargepoints.services.commands.redaction import stored_args
from chargepoints.services.commands.submission import CommandRefused

State = Command.State
MOST_TARGETS = 2000
# Final states of commands that failed; a cancelled command is no failure.
NOT_DONE = (
    State.REJECTED,
    State.CALLERROR,
    State.TIMEOUT,
    State.EXPIRED,
    State.NO_EFFECT,
)
# SQLite has one writer, which chargers wait for: a portion takes a few hundredths of a second.
COMMANDS_A_TRANSACTION = 250


def submit(
    targets: list[int],
    type: str,
    args: dict[str, Any],
    *,
    chosen_by: Any,
    requested_by: str,
    idempotency_key: str = "",
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
) -> CommandBatch:
    """Send a command to the charge points with these primary keys.

    `chosen_by` (any JSON) describes how the caller chose them: a repeated request with a filter is
    the same request even if the filter finds other charge points. A repetition with the same
    `idempotency_key` continues an interrupted submission, and sends nothing twice. `refused` lists
    the charge points that cannot get the command. Raises CommandRefused: `unknown_type`,
    `invalid_args`, `already_expired`, `idempotency_conflict`.
    """
    submission.check(type, args, None)
    batch = CommandBatch(
        type=type,
        args=args,
        targets=targets,
        requested_by=requested_by,
        idempotency_key=idempotency_key,
        expires_at=expires_at,
        not_before=not_before,
    )
    batch.body_digest = _digest([chosen_by, type, args, expires_at, not_before])
    batch = _once(batch)
    if batch.submitted_at is None:
        _hand_out(batch)
    return batch


def failed_targets(batch: CommandBatch) -> list[int]:
    """The charge points whose command was not sent or failed; not those cancelled."""
    failed = batch.commands.filter(state__in=NOT_DONE).values_list("charge_point", flat=True)
    refused = [each["charge_point"] for each in batch.refused]
    unsent = ChargePoint.objects.filter(identity__in=refused).values_list("pk", flat=True)
    return sorted({*failed, *unsent})


def _once(batch: CommandBatch) -> CommandBatch:
    """Save and return the batch, or return the earlier batch with the same key."""
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
            submission.check_expiry(batch.expires_at)
    except IntegrityError:
        earlier = CommandBatch.objects.get(
            requested_by=batch.requested_by, idempotency_key=batch.idempotency_key
        )
        if earlier.body_digest != batch.body_digest:
            raise CommandRefused(
                "idempotency_conflict", "this Idempotency-Key was used with another body before"
            ) from None
        return earlier
    return batch


def _hand_out(batch: CommandBatch) -> None:
    refused: list[dict[str, str]] = []
    for targets in _portions(batch.targets):
        with transaction.atomic():
            refused += _submit_to(targets, batch)
    batch.refused = refused
    batch.submitted_at = clock.now()
    # The commands have a copy; they drop their passwords when they are sent.
    batch.args = stored_args(batch.type, batch.args)
    batch.save(update_fields=["args", "refused", "submitted_at"])


def _submit_to(targets: list[int], batch: CommandBatch) -> list[dict[str, str]]:
    """Submit to those that have no command of the batch yet; return the refusals."""
    of_batch = batch.commands.filter(charge_point__in=targets)
    waiting = ChargePoint.objects.filter(pk__in=targets).exclude(
        pk__in=list(of_batch.values_list("charge_point_id", flat=True))
    )
    commands, refused = [], []
    for charge_point in waiting.order_by("pk"):
        try:
            commands.append(_prepared(charge_point, batch))
        except CommandRefused as error:
            refused.append(
                {
                    "charge_point": charge_point.identity,
                    "code": error.code,
                    "detail": error.detail,
                }
            )
    submission.store_all(commands)
    return refused


def _prepared(charge_point: ChargePoint, batch: CommandBatch) -> Command:
    return submission.prepare(
        charge_point,
        batch.type,
        batch.args,
        requested_by=batch.requested_by,
        idempotency_key=f"batch:{batch.pk}:{charge_point.pk}",
        expires_at=batch.expires_at,
        not_before=batch.not_before,
        batch=batch,
    )


def _portions(targets: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(targets), COMMANDS_A_TRANSACTION):
        yield targets[start : start + COMMANDS_A_TRANSACTION]


def _digest(body: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
