"""Commands: taken in as rows, cancelled, and concluded when the charger answered or acted."""

import hashlib
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from chargepoints.gateway import nudges
from chargepoints.models import ChargePoint, Command, CommandBatch
from chargepoints.services import cautions, undone
from chargepoints.services.command_types import COMMAND_TYPES, CommandType, check_args
from chargepoints.services.redaction import stored_args
from chargepoints.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.versions import OcppVersion, installed_versions

State = Command.State
FINAL = frozenset(
    {
        State.REJECTED,
        State.CALLERROR,
        State.TIMEOUT,
        State.EXPIRED,
        State.CANCELLED,
        State.EFFECT_CONFIRMED,
        State.NO_EFFECT,
    }
)


@dataclass
class CommandRefused(Exception):
    """The command cannot be taken; `code` is one of core's stable error codes.

    `errors` holds [{"pointer": JSON pointer into the body, "message": text}].
    """

    code: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return self.detail


def submit(
    charge_point: ChargePoint,
    type: str,
    args: dict[str, Any],
    *,
    requested_by: str,
    idempotency_key: str | None = None,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
    timeout_s: int | None = None,
    batch: CommandBatch | None = None,
) -> Command:
    """Take a command in: a row, and a nudge to the process that holds the charger's socket.

    Raises CommandRefused: `unknown_type`, `invalid_args`, `not_supported` (by the charger's
    version), `not_connected`, `already_expired`, `idempotency_conflict`.
    """
    digest = _digest(charge_point, type, args, expires_at, not_before)
    if idempotency_key and (earlier := _earlier(requested_by, idempotency_key, digest)):
        return earlier
    check_expiry(expires_at)
    if type not in COMMAND_TYPES:
        raise CommandRefused("unknown_type", f"no command type is called {type!r}")
    if errors := check_args(type, args):
        raise CommandRefused("invalid_args", "the arguments do not fit the type", errors)
    version = version_of(charge_point)
    if version is not None:
        _check_supported(version, type, args)
    kind = COMMAND_TYPES[type]
    if expires_at is None and kind.only_connected and charge_point.connection_id is None:
        raise CommandRefused("not_connected", f"{charge_point.identity} is not connected")
    command = Command(
        charge_point=charge_point,
        type=type,
        args=args,
        cautions=cautions.of(charge_point, type, args),
        requested_by=requested_by,
        batch=batch,
        idempotency_key=idempotency_key or None,
        body_digest=digest,
        not_before=not_before,
        expires_at=expires_at or _expiry(kind, not_before),
        timeout_s=timeout_s or kind.timeout_s or math.ceil(settings.CALL_TIMEOUT_S),
    )
    try:
        with transaction.atomic():
            command.save(force_insert=True)
            if kind.slot is not None:
                _supersede(command, kind.slot)
    except IntegrityError:
        if idempotency_key and (earlier := _earlier(requested_by, idempotency_key, digest)):
            return earlier
        raise
    # Robust: what was committed has succeeded, nudged or not.
    transaction.on_commit(lambda: nudges.send(charge_point.pk), robust=True)
    return command


def check_expiry(expires_at: datetime | None) -> None:
    """Raises CommandRefused `already_expired`: it would be taken in, and never sent."""
    if expires_at is not None and expires_at <= timezone.now():
        error = {"pointer": "/expires_at", "message": "this is past"}
        raise CommandRefused("already_expired", "`expires_at` is past", [error])


def cancel(command: Command) -> Command:
    """Cancel what was not sent yet. Raises CommandRefused `not_cancellable`."""
    with unit_of_work() as unit:
        now = timezone.now()
        taken = Command.objects.filter(pk=command.pk, state=State.QUEUED).update(
            state=State.CANCELLED,
            finished_at=now,
            args=stored_args(command.type, command.args),
        )
        command.refresh_from_db()
        if not taken:
            raise CommandRefused("not_cancellable", f"the command is {command.state} already")
        announce(unit, command)
    return command


def version_of(charge_point: ChargePoint) -> OcppVersion | None:
    """The version the charger speaks or is pinned to; None until it has connected once."""
    name = charge_point.pinned_protocol or charge_point.protocol
    return installed_versions().get(name)


def finish(unit: UnitOfWork, command: Command, state: str, **fields: Any) -> None:
    """Set the state; where it is the last one, core is told."""
    now = timezone.now()
    for name, value in fields.items():
        setattr(command, name, value)
    command.state = state
    awaits_effect = state == State.ACCEPTED and bool(command.effect_key)
    if not awaits_effect:
        command.finished_at = now
        # What was never sent still holds its passwords.
        command.args = stored_args(command.type, command.args)
    if state in undone.UNDONE:
        undone.close(unit, command)
    command.save()
    if command.finished_at is not None:
        announce(unit, command)


def fail(
    unit: UnitOfWork, command: Command, state: str, error_class: str, code: str, detail: str
) -> None:
    finish(
        unit,
        command,
        state,
        error_class=error_class,
        error_code=code[:50],
        error_detail=detail[:1000],
    )


_AWAITED = (
    "SELECT 1 FROM chargepoints_command"
    " WHERE charge_point_id = %s AND finished_at IS NULL AND effect_key = %s"
)


def confirm_effect(
    unit: UnitOfWork, charge_point_id: int, effect_key: str, transaction_id: int | None = None
) -> None:
    """The thing a command was sent for has happened; `transaction_id` is our row's id.

    The effect may come before the answer to the command itself: the answer then finds it.
    """
    if unit.fetch_one(_AWAITED, (charge_point_id, effect_key)) is None:
        return
    waiting = Command.objects.filter(
        charge_point_id=charge_point_id,
        effect_key=effect_key,
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    ).order_by("created_at")
    command = waiting.first()
    if command is None:
        return
    command.transaction_id = transaction_id
    finish(unit, command, State.EFFECT_CONFIRMED)


def deny_effect(unit: UnitOfWork, charge_point_id: int, effect_key: str, code: str) -> None:
    """The thing a command was sent for will not happen; `code` is the charger's word for why."""
    waiting = Command.objects.filter(
        charge_point_id=charge_point_id,
        effect_key=effect_key,
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    )
    for command in waiting:
        finish(
            unit,
            command,
            State.NO_EFFECT,
            error_class=Command.ErrorClass.STATION,
            error_code=code[:50],
            error_detail="the charge point said that it failed",
        )


def take_part(
    unit: UnitOfWork, charge_point_id: int, effect_key: str, part: Any, *, last: bool
) -> Command | None:
    """Add to a command's result what the charge point sent for it; with the last it is done.

    The command; None where none asked for this.
    """
    command = (
        Command.objects.filter(charge_point_id=charge_point_id, effect_key=effect_key)
        .order_by("-created_at")
        .first()
    )
    if command is None:
        return None
    known = command.result or []
    if part not in known:
        command.result = [*known, part]
        command.save(update_fields=["result"])
    if last:
        confirm_effect(unit, charge_point_id, effect_key)
    return command


def announce(unit: UnitOfWork, command: Command) -> None:
    unit.emit(
        command.charge_point_id,
        "command.finished",
        {
            "command_id": str(command.pk),
            "type": command.type,
            "state": str(command.state),
            "requested_by": command.requested_by,
            "error": error_of(command),
        },
    )
    unit.after_commit(lambda: nudges.finished(command.pk))


def error_of(command: Command) -> dict[str, str] | None:
    """Contract: {class, code, detail}, or None where nothing went wrong."""
    if not command.error_class:
        return None
    return {
        "class": command.error_class,
        "code": command.error_code,
        "detail": command.error_detail,
    }


def _supersede(newer: Command, slot: Callable[[dict[str, Any]], Hashable]) -> None:
    """Cancel what is still queued for the same slot and the same time, as it would be undone."""
    queued = Command.objects.filter(
        charge_point_id=newer.charge_point_id,
        type=newer.type,
        state=State.QUEUED,
        sent_at=None,
    ).exclude(pk=newer.pk)
    due, wanted = _due(newer), slot(newer.args)
    older = [each for each in queued if _due(each) == due and slot(each.args) == wanted]
    if not older:
        return
    with unit_of_work() as unit:
        for each in older:
            # Conditional: it may have been sent since it was read.
            if Command.objects.filter(pk=each.pk, state=State.QUEUED).update(state=State.CANCELLED):
                finish(
                    unit,
                    each,
                    State.CANCELLED,
                    error_class=Command.ErrorClass.GATEWAY,
                    error_code="superseded",
                    error_detail=f"replaced by the newer command {newer.pk}",
                )


def _expiry(kind: CommandType, not_before: datetime | None) -> datetime:
    """The type's own time, from the moment on in which it may be sent."""
    now = timezone.now()
    return max(now, not_before or now) + timedelta(seconds=kind.expires_after_s)


def _due(command: Command) -> datetime | None:
    """Before which it is not sent; None where it may go now."""
    later = command.not_before is not None and command.not_before > timezone.now()
    return command.not_before if later else None


def _check_supported(version: OcppVersion, type: str, args: dict[str, Any]) -> None:
    if type != "raw":
        if type not in version.commands:
            raise CommandRefused("not_supported", f"OCPP {version.name} cannot express {type!r}")
        return
    action = args["action"]
    if action not in version.csms_actions:
        raise CommandRefused("not_supported", f"OCPP {version.name} has no {action!r} to send")
    errors = [
        {"pointer": f"/args/payload{violation.pointer}", "message": violation.message}
        for violation in version.schemas.request_violations(action, args["payload"])
    ]
    if errors:
        raise CommandRefused("invalid_args", "the payload does not fit its schema", errors)


def _earlier(requested_by: str, idempotency_key: str, digest: str) -> Command | None:
    earlier = Command.objects.filter(
        requested_by=requested_by, idempotency_key=idempotency_key
    ).first()
    if earlier is not None and earlier.body_digest != digest:
        raise CommandRefused(
            "idempotency_conflict", "this Idempotency-Key came with another body before"
        )
    return earlier


def _digest(
    charge_point: ChargePoint, type: str, args: dict[str, Any], *times: datetime | None
) -> str:
    body = [charge_point.pk, type, args, *(at and at.isoformat() for at in times)]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
