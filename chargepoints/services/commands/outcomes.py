"""Ends commands: they finished, failed, had their effect, or cannot have it any more.

Each end is reported to core.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from chargepoints import clock, nudges
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Transaction
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.redaction import stored_args

State = Command.State
ErrorClass = Command.ErrorClass

TOKEN_REFUSED = "token_refused"  # noqa: S105  (an error code)
# An expired command is not among them: it was never sent, so nothing has to be undone.
CAME_TO_NOTHING = frozenset({State.REJECTED, State.CALLERROR, State.TIMEOUT})
# A code and the longest detail that a station can send.
LONGEST_DETAIL = 1100


def finish(unit: UnitOfWork, command: Command, state: str, **fields: Any) -> None:
    """Set the state; report a final state to core."""
    now = clock.now()
    for name, value in fields.items():
        setattr(command, name, value)
    command.state = state
    awaits_effect = state == State.ACCEPTED and bool(command.effect_key)
    if not awaits_effect:
        command.finished_at = now
        # A command that was never sent still contains its passwords.
        command.args = stored_args(command.type, command.args)
    kind = COMMAND_TYPES[command.type]
    if state in CAME_TO_NOTHING and kind.abandon is not None:
        kind.abandon(unit, command)
    if state == State.ACCEPTED and kind.accepted is not None:
        kind.accepted(command)
    row_changes.write(command)
    if command.finished_at is not None:
        announce(unit, command)
    if state == State.EFFECT_CONFIRMED and kind.one_at_a_time:
        _supersede_running(unit, command)


def _supersede_running(unit: UnitOfWork, newer: Command) -> None:
    """End older commands: the charge point executes one at a time, and has executed this one."""
    running = Command.objects.filter(
        charge_point_id=newer.charge_point_id,
        type=newer.type,
        state=State.ACCEPTED,
        finished_at=None,
        sent_at__lt=newer.sent_at,
    )
    for command in running:
        detail = f"the charge point executed the newer command {newer.pk} instead"
        fail(unit, command, State.NO_EFFECT, ErrorClass.GATEWAY, "superseded", detail)


def fail(
    unit: UnitOfWork, command: Command, state: str, error_class: str, code: str, detail: str
) -> None:
    finish(
        unit,
        command,
        state,
        error_class=error_class,
        error_code=code[:50],
        error_detail=detail[:LONGEST_DETAIL],
    )


# A start may have two effect keys; a single key is passed twice.
_AWAITED = PreparedQuery(
    lambda charge_point_id, effect_key, other_key: (
        Command.objects.filter(
            Q(effect_key=effect_key) | Q(effect_key=other_key),
            charge_point_id=charge_point_id,
            finished_at=None,
        )
        .order_by()
        .values_list("effect_key")
    )
)
_OF_EFFECT: PreparedQuery[Command] = PreparedQuery(
    lambda charge_point_id, other_key: Command.objects.filter(
        charge_point_id=charge_point_id, effect_key=other_key
    ).order_by("-created_at")[:1]
)


def awaited(charge_point_id: int, effect_keys: Sequence[str]) -> list[str]:
    """Those of these effects for which a command may wait, in their order."""
    found = {key for (key,) in _AWAITED.all(charge_point_id, effect_keys[0], effect_keys[-1])}
    return [key for key in effect_keys if key in found]


def awaited_of_kind(charge_point_id: int, kind: str) -> list[str]:
    """The effects of this kind for which commands wait."""
    waiting = Command.objects.filter(
        charge_point_id=charge_point_id,
        effect_key__startswith=f"{kind}:",
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    )
    return list(waiting.order_by("created_at").values_list("effect_key", flat=True))


def confirm_effect(
    unit: UnitOfWork, charge_point_id: int, effect_key: str, transaction_id: int | None = None
) -> None:
    """The effect of a command has happened; `transaction_id` is the primary key of the row.

    It may happen before the charge point answers the command.
    """
    for command in _awaiting(unit, charge_point_id, effect_key)[:1]:
        command.transaction_id = transaction_id
        finish(unit, command, State.EFFECT_CONFIRMED)


def deny_effect(unit: UnitOfWork, charge_point_id: int, effect_key: str, code: str) -> None:
    """The effect will not happen; `code` is the charger's status that says why."""
    for command in _awaiting(unit, charge_point_id, effect_key):
        detail = "the charge point reported that it failed"
        fail(unit, command, State.NO_EFFECT, ErrorClass.STATION, code, detail)


def deny_start(unit: UnitOfWork, charge_point_id: int, effect_key: str, row: Transaction) -> None:
    """The transaction of a start command started, but its token was refused."""
    for command in _awaiting(unit, charge_point_id, effect_key):
        command.transaction_id = row.pk
        detail = f"the transaction started, but its token is {row.authorization_status}"
        fail(unit, command, State.NO_EFFECT, ErrorClass.GATEWAY, TOKEN_REFUSED, detail)


def _awaiting(unit: UnitOfWork, charge_point_id: int, effect_key: str) -> list[Command]:
    """The commands that wait for this effect, the oldest first."""
    if not awaited(charge_point_id, [effect_key]):
        return []
    waiting = Command.objects.filter(
        charge_point_id=charge_point_id,
        effect_key=effect_key,
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    )
    return list(waiting.order_by("created_at"))


def add_part(
    unit: UnitOfWork, charge_point_id: int, effect_key: str, part: Any, *, last: bool
) -> Command | None:
    """Add a part of a report to the result of the command that requested it; the last completes it.

    Returns the command; None if no command requested it.
    """
    command = _OF_EFFECT.first(charge_point_id, effect_key)
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
            "trace_id": command.trace,
            "error": _error(command),
        },
    )
    unit.after_commit(lambda: nudges.command_changed(command))


def _error(command: Command) -> dict[str, str] | None:
    """Contract: {class, code, detail}, or None if there is no error."""
    if not command.error_class:
        return None
    return {
        "class": command.error_class,
        "code": command.error_code,
        "detail": command.error_detail,
    }
