"""Stores new commands, and cancels them."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction

from chargepoints import clock, nudges
from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.models import ChargePoint, Command, CommandBatch
from chargepoints.protocol.versions import OcppVersion, installed_versions
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.command_types import COMMAND_TYPES, CommandType, check_args
from chargepoints.services.commands.redaction import stored_args

State = Command.State
ErrorClass = Command.ErrorClass


@dataclass
class CommandRefused(Exception):
    """The command is not accepted; `code` is one of core's stable error codes.

    `errors`: [{"pointer": JSON pointer into the body, "message": text}].
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
    trace_id: str = "",
) -> Command:
    """Store a command, and nudge the process that holds the charger's socket.

    Raises CommandRefused: `unknown_type`, `invalid_args`, `not_supported` (by the charger's
    version), `not_connected`, `already_expired`, `idempotency_conflict`.
    """
    digest = _digest(charge_point, type, args, expires_at, not_before)
    if idempotency_key and (
        earlier := _earlier(charge_point, requested_by, idempotency_key, digest)
    ):
        return earlier
    check(type, args, expires_at)
    command = prepare(
        charge_point,
        type,
        args,
        requested_by=requested_by,
        idempotency_key=idempotency_key,
        expires_at=expires_at,
        not_before=not_before,
        timeout_s=timeout_s,
    )
    command.trace_id = trace_id
    try:
        with transaction.atomic():
            command.save(force_insert=True)
            _supersede([command])
    except IntegrityError:
        if idempotency_key and (
            earlier := _earlier(charge_point, requested_by, idempotency_key, digest)
        ):
            return earlier
        raise
    # Robust: once it is committed it counts as submitted, even if the nudge fails.
    transaction.on_commit(lambda: nudges.send([charge_point.pk]), robust=True)
    return command


def check(type: str, args: dict[str, Any], expires_at: datetime | None) -> None:
    """Check what does not depend on the charge point. Raises CommandRefused."""
    if type not in COMMAND_TYPES:
        raise CommandRefused("unknown_type", f"there is no command type {type!r}")
    if errors := check_args(type, args):
        raise CommandRefused("invalid_args", "the arguments do not match the schema", errors)
    check_expiry(expires_at)


def prepare(
    charge_point: ChargePoint,
    type: str,
    args: dict[str, Any],
    *,
    requested_by: str,
    idempotency_key: str | None,
    expires_at: datetime | None,
    not_before: datetime | None,
    timeout_s: int | None = None,
    batch: CommandBatch | None = None,
    only_idle: bool = False,
) -> Command:
    """A row that is not stored yet; `type` and `args` are checked. Raises CommandRefused."""
    check_target(charge_point, type, args, expires_at)
    kind = COMMAND_TYPES[type]
    return Command(
        charge_point=charge_point,
        type=type,
        args=args,
        cautions=kind.cautions(charge_point, args),
        requested_by=requested_by,
        batch=batch,
        only_idle=only_idle,
        idempotency_key=idempotency_key or None,
        body_digest=_digest(charge_point, type, args, expires_at, not_before),
        not_before=not_before,
        expires_at=expires_at or _expiry(kind, not_before),
        timeout_s=timeout_s or kind.timeout_s or math.ceil(settings.CALL_TIMEOUT_S),
    )


def store_all(commands: Sequence[Command]) -> None:
    """`insert_all`, and nudge the charge points."""
    if not commands:
        return
    insert_all(commands)
    targets = [command.charge_point_id for command in commands]
    transaction.on_commit(lambda: nudges.send(targets), robust=True)


def insert_all(commands: Sequence[Command]) -> None:
    """Store commands of one type for different charge points, within a transaction.

    A command whose Idempotency-Key is stored already is skipped.
    """
    Command.objects.bulk_create(commands, ignore_conflicts=True)
    _supersede(commands)


def check_target(
    charge_point: ChargePoint, type: str, args: dict[str, Any], expires_at: datetime | None
) -> None:
    """Whether this charge point can get the command. Raises CommandRefused."""
    version = version_of(charge_point)
    if version is not None:
        _check_supported(version, type, args)
    if (
        expires_at is None
        and COMMAND_TYPES[type].only_connected
        and charge_point.connection_id is None
    ):
        raise CommandRefused("not_connected", f"{charge_point.identity} is not connected")


def check_expiry(expires_at: datetime | None) -> None:
    """Raises CommandRefused `already_expired` for a time in the past."""
    if expires_at is not None and expires_at <= clock.now():
        error = {"pointer": "/expires_at", "message": "this time is in the past"}
        raise CommandRefused("already_expired", "`expires_at` is in the past", [error])


def cancel(command: Command) -> Command:
    """Cancel a command that was not sent yet. Raises CommandRefused `not_cancellable`."""
    with unit_of_work() as unit:
        now = clock.now()
        taken = Command.objects.filter(pk=command.pk, state=State.QUEUED).update(
            state=State.CANCELLED,
            finished_at=now,
            args=stored_args(command.type, command.args),
        )
        command.refresh_from_db()
        if not taken:
            raise CommandRefused("not_cancellable", f"the command is already {command.state}")
        outcomes.announce(unit, command)
    return command


def version_of(charge_point: ChargePoint) -> OcppVersion | None:
    """The version the charger speaks or is pinned to; None until it has connected once."""
    name = charge_point.pinned_protocol or charge_point.protocol
    return installed_versions().get(name)


def can_express(version: OcppVersion, type: str) -> bool:
    return COMMAND_TYPES[type].verbatim or type in version.commands


def _supersede(newer: Sequence[Command]) -> None:
    """Cancel queued commands for the same slot and time, which the newer ones would undo."""
    slot = COMMAND_TYPES[newer[0].type].slot
    if slot is None:
        return
    queued = Command.objects.filter(
        charge_point_id__in=[command.charge_point_id for command in newer],
        type=newer[0].type,
        state=State.QUEUED,
        sent_at=None,
    ).exclude(pk__in=[command.pk for command in newer])
    older = defaultdict(list)
    for each in queued:
        older[each.charge_point_id, _due(each), slot(each.args)].append(each)
    if not older:
        return
    with unit_of_work() as unit:
        for command in newer:
            for each in older[command.charge_point_id, _due(command), slot(command.args)]:
                _replace(unit, each, command)


def _replace(unit: UnitOfWork, older: Command, newer: Command) -> None:
    # Conditional: the older one may have been sent since it was read.
    if Command.objects.filter(pk=older.pk, state=State.QUEUED).update(state=State.CANCELLED):
        detail = f"replaced by the newer command {newer.pk}"
        outcomes.fail(unit, older, State.CANCELLED, ErrorClass.GATEWAY, "superseded", detail)


def _expiry(kind: CommandType, not_before: datetime | None) -> datetime:
    """The type's lifetime, from the time when the command may be sent."""
    now = clock.now()
    return max(now, not_before or now) + timedelta(seconds=kind.expires_after_s)


def _due(command: Command) -> datetime | None:
    """The time before which it must not be sent; None if it may be sent now."""
    later = command.not_before is not None and command.not_before > clock.now()
    return command.not_before if later else None


def _check_supported(version: OcppVersion, type: str, args: dict[str, Any]) -> None:
    if not can_express(version, type):
        raise CommandRefused("not_supported", f"OCPP {version.name} does not support {type!r}")
    if not COMMAND_TYPES[type].verbatim:
        return
    action = args["action"]
    if action not in version.csms_actions:
        raise CommandRefused("not_supported", f"OCPP {version.name} has no request {action!r}")
    errors = [
        {"pointer": f"/args/payload{violation.pointer}", "message": violation.message}
        for violation in version.schemas.request_violations(action, args["payload"])
    ]
    if errors:
        raise CommandRefused("invalid_args", "the payload does not match its schema", errors)


def _earlier(
    charge_point: ChargePoint, requested_by: str, idempotency_key: str | None, digest: str
) -> Command | None:
    if not idempotency_key:
        return None
    named = Command.objects.filter(requested_by=requested_by, idempotency_key=idempotency_key)
    earlier = named.select_related("charge_point").first()
    if earlier is not None and earlier.charge_point_id != charge_point.pk:
        raise CommandRefused(
            "idempotency_conflict",
            f"this Idempotency-Key was used before, for {earlier.charge_point.identity}",
        )
    if earlier is not None and earlier.body_digest != digest:
        raise CommandRefused(
            "idempotency_conflict", "this Idempotency-Key was used with another body before"
        )
    return earlier


def _digest(
    charge_point: ChargePoint, type: str, args: dict[str, Any], *times: datetime | None
) -> str:
    body = [charge_point.pk, type, args, *(at and at.isoformat() for at in times)]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
