"""Advances roll-outs once a second, in the sweep of the server process that holds the lock.

The state of a roll-out is in its rows alone, so it survives restarts. A conditional UPDATE moves a
charge point from *waiting* to *under way*, in the transaction that creates its command; a command
that was sent is never created again.
"""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from chargepoints.database.outages import STORE_UNAVAILABLE
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Registration, RollOut, RollOutTarget, Transaction
from chargepoints.services.commands import roll_outs, submission
from chargepoints.services.commands.batches import NOT_DONE
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import CommandRefused

logger = logging.getLogger(__name__)

State = RollOut.State
TargetState = RollOutTarget.State

# P16: chargers wait for the sweep's transaction.
STEPPED_AT_ONCE = 10
HANDED_OUT_AT_ONCE = 20
# A command that is not sent within this time is created again later.
SENT_WITHIN = timedelta(minutes=5)

# Cheap, because it runs every second and usually finds nothing.
_OPEN = "SELECT 1 FROM chargepoints_rollout WHERE finished_at IS NULL LIMIT 1"


class Verdict(NamedTuple):
    state: str
    code: str = ""
    detail: str = ""


WELL = Verdict(TargetState.WELL)
# The command was never sent.
AGAIN = Verdict(TargetState.WAITING)


def step(unit: UnitOfWork, now: datetime) -> None:
    """Advance all roll-outs that no other process has locked."""
    if unit.fetch_one(_OPEN, ()) is None:
        return
    rows = RollOut.objects.select_for_update(skip_locked=True, no_key=True).filter(finished_at=None)
    for roll_out in rows.order_by("created_at")[:STEPPED_AT_ONCE]:
        try:
            with transaction.atomic():
                _step(roll_out, now)
        except STORE_UNAVAILABLE:
            raise
        except Exception:
            # A fault in one roll-out must not stop the others or the sweep.
            logger.exception("the roll-out %s could not be advanced", roll_out.pk)


def _step(roll_out: RollOut, now: datetime) -> None:
    _judge(roll_out, now)
    if roll_out.state == State.RUNNING:
        _go_on(roll_out, now)
    roll_outs.close_if_settled(roll_out)


def _judge(roll_out: RollOut, now: datetime) -> None:
    """Judge the commands that were submitted."""
    under_way = roll_out.targets.filter(state=TargetState.UNDER_WAY)
    for target in under_way.select_related("command", "charge_point"):
        verdict = _verdict(roll_out, target, now)
        if verdict is not None:
            again = verdict.state == TargetState.WAITING
            under_way.filter(pk=target.pk).update(
                state=verdict.state,
                code=verdict.code[:50],
                detail=verdict.detail,
                ended_at=None if again else now,
            )


def _verdict(roll_out: RollOut, target: RollOutTarget, now: datetime) -> Verdict | None:
    """None: the command is not finished yet."""
    command, charge_point = target.command, target.charge_point
    if command is None:
        return Verdict(TargetState.FAILED, "no_command", "its command was deleted")
    kind = COMMAND_TYPES[roll_out.type]
    before, now_runs = target.firmware_before, charge_point.firmware_version
    # If no version was known before, a reported version proves nothing.
    renewed = kind.changes_firmware and before and now_runs not in ("", before)
    if not renewed and command.finished_at is None:
        return None
    if not renewed and (verdict := _not_well(command)) is not None:
        return verdict
    booted = not kind.asks_for_boot(roll_out.args) or kind.changes_firmware or _booted(target)
    if booted and charge_point.connection_id is not None:
        return WELL
    since = command.finished_at or command.sent_at or command.created_at
    if now - since <= timedelta(seconds=roll_out.back_within_s):
        return None
    offline = charge_point.connection_id is None
    detail = "the charge point is offline" if offline else "the charge point did not boot"
    return Verdict(TargetState.FAILED, "not_back", f"its command succeeded; then {detail}")


def _not_well(command: Command) -> Verdict | None:
    """The verdict for a finished command, unless it succeeded."""
    if command.sent_at is None and command.state == Command.State.EXPIRED:
        return AGAIN
    if command.sent_at is None and command.state == Command.State.CANCELLED:
        return Verdict(TargetState.SKIPPED, "cancelled", command.error_detail)
    if command.state in NOT_DONE or command.error_class:
        return Verdict(TargetState.FAILED, command.error_code, command.error_detail)
    return None


def _booted(target: RollOutTarget) -> bool:
    sent_at = target.command and target.command.sent_at
    accepted_at = target.charge_point.boot_accepted_at
    return bool(sent_at and accepted_at and accepted_at > sent_at)


def _go_on(roll_out: RollOut, now: datetime) -> None:
    failed = roll_out.targets.filter(state=TargetState.FAILED).count() - roll_out.forgiven
    if failed >= roll_out.halt_after:
        charge_points = "charge point" if failed == 1 else "charge points"
        roll_outs.halt(roll_out, f"{failed} {charge_points} failed")
        return
    of_wave = roll_out.targets.filter(wave=roll_out.wave)
    if now - roll_out.wave_began_at > timedelta(seconds=roll_out.wait_s):
        of_wave.filter(state=TargetState.WAITING).update(
            state=TargetState.SKIPPED,
            code="not_ready",
            detail="it was offline or charging all the time",
            ended_at=now,
        )
    waiting = of_wave.filter(state=TargetState.WAITING)
    under_way = roll_out.targets.filter(state=TargetState.UNDER_WAY).count()
    if under_way or waiting.exists():
        _hand_out(roll_out, waiting, roll_out.at_once - under_way, now)
    else:
        _next_wave(roll_out, of_wave, failed, now)


def _next_wave(
    roll_out: RollOut, of_wave: QuerySet[RollOutTarget], failed: int, now: datetime
) -> None:
    """Begin the next wave, or halt if no charge point of this wave succeeded."""
    last = roll_out.wave + 1 >= len(roll_out.wave_sizes)
    if not last and not of_wave.filter(state=TargetState.WELL).exists() and not _forgiven(roll_out):
        roll_outs.halt(roll_out, f"no charge point of wave {roll_out.wave + 1} succeeded")
        return
    if last:
        roll_out.state = State.FINISHED
    else:
        roll_out.wave, roll_out.wave_began_at = roll_out.wave + 1, now
    roll_out.save()


def _forgiven(roll_out: RollOut) -> bool:
    """Whether the roll-out was resumed after this wave ended."""
    ended = roll_out.targets.filter(wave=roll_out.wave, ended_at__gte=roll_out.wave_began_at)
    return not ended.exists()


def _hand_out(
    roll_out: RollOut, waiting: QuerySet[RollOutTarget], room: int, now: datetime
) -> None:
    """Create commands for charge points that are online and idle, up to the limit."""
    ready = waiting.filter(
        charge_point__connection__isnull=False, charge_point__registration=Registration.ACCEPTED
    )
    if not roll_out.during_transactions:
        running = Transaction.objects.filter(charge_point=OuterRef("charge_point"), ended_at=None)
        ready = ready.filter(~Q(Exists(running)))
    commands = []
    for target in ready.select_related("charge_point")[: max(0, min(room, HANDED_OUT_AT_ONCE))]:
        if (command := _handed_out(roll_out, target, now)) is not None:
            commands.append(command)
    if commands:
        # The sweep, which calls this, notifies the sessions.
        submission.insert_all(commands)


def _handed_out(roll_out: RollOut, target: RollOutTarget, now: datetime) -> Command | None:
    attempt = target.attempt + 1
    try:
        command = submission.prepare(
            target.charge_point,
            roll_out.type,
            roll_out.args,
            requested_by=roll_out.requested_by,
            idempotency_key=f"roll-out:{roll_out.pk}:{target.charge_point_id}:{attempt}",
            expires_at=now + SENT_WITHIN,
            not_before=None,
            only_idle=not roll_out.during_transactions,
        )
    except CommandRefused as refused:
        target.state, target.ended_at = TargetState.FAILED, now
        target.code, target.detail = refused.code, refused.detail
        target.save()
        return None
    taken = RollOutTarget.objects.filter(pk=target.pk, state=TargetState.WAITING).update(
        state=TargetState.UNDER_WAY,
        attempt=attempt,
        command=command.pk,
        firmware_before=target.charge_point.firmware_version,
    )
    return command if taken else None
