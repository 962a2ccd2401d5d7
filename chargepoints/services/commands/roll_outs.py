"""Roll-outs for staff and core: begin, pause, resume, cancel, and their progress.

`roll_out_steps` sends their commands. Both lock the row of the roll-out first, so they never run
at the same time.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Count

from chargepoints import clock
from chargepoints.models import ChargePoint, Command, RollOut, RollOutTarget
from chargepoints.services.commands import submission
from chargepoints.services.commands.redaction import stored_args
from chargepoints.services.commands.submission import CommandRefused

State = RollOut.State
TargetState = RollOutTarget.State

MOST_TARGETS = 20_000
MOST_AT_ONCE = 200
USUAL_WAVES = ("1", "10%")
WAVE = re.compile(r"[1-9]\d{0,5}|[1-9]\d?%|100%")
ROWS_A_TRANSACTION = 1000


@dataclass(frozen=True, slots=True)
class Care:
    """How to roll out. `waves`: numbers or shares, `5` or `10%`; all others are the last wave."""

    waves: Sequence[str] = USUAL_WAVES
    halt_after: int = 1
    at_once: int = 20
    during_transactions: bool = False
    wait_s: int = 24 * 3600
    back_within_s: int = 15 * 60


@dataclass(frozen=True, slots=True)
class Wave:
    number: int
    size: int
    counts: dict[str, int]


def begin(
    targets: list[int],
    type: str,
    args: dict[str, Any],
    care: Care,
    *,
    chosen_by: Any,
    requested_by: str,
    idempotency_key: str = "",
) -> RollOut:
    """Have a command sent to the charge points with these primary keys, wave by wave.

    Charge points that are online now come first. A repetition with the same `idempotency_key`
    returns the same roll-out. Raises CommandRefused: `unknown_type`, `invalid_args`,
    `idempotency_conflict`.
    """
    submission.check(type, args, None)
    ordered = _online_first(targets)
    roll_out = RollOut(
        type=type,
        args=args,
        requested_by=requested_by,
        idempotency_key=idempotency_key,
        body_digest=_digest([chosen_by, type, args, _as_json(care)]),
        wave_sizes=wave_sizes(len(ordered), care.waves),
        halt_after=care.halt_after,
        at_once=care.at_once,
        during_transactions=care.during_transactions,
        wait_s=care.wait_s,
        back_within_s=care.back_within_s,
        wave_began_at=clock.now(),
    )
    try:
        with transaction.atomic():
            roll_out.save(force_insert=True)
            RollOutTarget.objects.bulk_create(_targets(roll_out, ordered), ROWS_A_TRANSACTION)
    except IntegrityError:
        earlier = RollOut.objects.filter(
            requested_by=requested_by, idempotency_key=idempotency_key
        ).first()
        if earlier is None or not idempotency_key:
            raise
        if earlier.body_digest != roll_out.body_digest:
            raise CommandRefused(
                "idempotency_conflict", "this Idempotency-Key was used with another body before"
            ) from None
        return earlier
    return roll_out


def wave_sizes(total: int, waves: Sequence[str]) -> list[int]:
    """`(30, ["1", "10%"])` -> `[1, 3, 26]`: shares are of the total; the rest is the last wave."""
    sizes: list[int] = []
    for wave in waves:
        share = wave.endswith("%")
        wanted = math.ceil(total * int(wave[:-1]) / 100) if share else int(wave)
        sizes.append(min(wanted, total - sum(sizes)))
    return [size for size in [*sizes, total - sum(sizes)] if size]


def pause(roll_out: RollOut) -> RollOut:
    """Send no more commands; those that were sent go on. Raises CommandRefused `not_running`."""
    with transaction.atomic():
        row = _locked(roll_out)
        if row.state != State.RUNNING:
            raise CommandRefused("not_running", f"the roll-out is {row.state} already")
        return _stop(row, State.PAUSED)


def resume(roll_out: RollOut) -> RollOut:
    """Continue after a pause or a halt, and forgive the failures so far. Raises CommandRefused."""
    with transaction.atomic():
        row = _locked(roll_out)
        if row.state not in (State.PAUSED, State.HALTED):
            raise CommandRefused("not_paused", f"the roll-out is {row.state}")
        if row.state == State.HALTED:
            row.forgiven = row.targets.filter(state=TargetState.FAILED).count()
        row.state, row.halted_because = State.RUNNING, ""
        # The paused time does not count as waiting time.
        row.wave_began_at = clock.now()
        row.save()
        return row


def cancel(roll_out: RollOut) -> RollOut:
    """Never send another command; those sent go on. Raises CommandRefused `is_over`."""
    with transaction.atomic():
        row = _locked(roll_out)
        if row.state in (State.CANCELLED, State.FINISHED):
            raise CommandRefused("is_over", f"the roll-out is {row.state} already")
        _stop(row, State.CANCELLED)
        row.targets.filter(state=TargetState.WAITING).update(
            state=TargetState.CANCELLED, ended_at=clock.now()
        )
        return close_if_settled(row)


def halt(row: RollOut, because: str) -> RollOut:
    """Halt because of failures; `row` is locked."""
    row.halted_because = because[:255]
    return _stop(row, State.HALTED)


def close_if_settled(row: RollOut) -> RollOut:
    """Set the end of a roll-out that is over, once no command is under way; `row` is locked."""
    over = row.state in (State.CANCELLED, State.FINISHED)
    if over and not row.targets.filter(state=TargetState.UNDER_WAY).exists():
        row.finished_at = clock.now()
        row.args = stored_args(row.type, row.args)
        row.save()
    return row


def progress(roll_out: RollOut) -> list[Wave]:
    """Each wave, with the number of its charge points in each state."""
    counted = roll_out.targets.order_by().values_list("wave", "state").annotate(Count("pk"))
    by_wave: dict[int, dict[str, int]] = {}
    for number, state, count in counted:
        by_wave.setdefault(number, {})[state] = count
    return [
        Wave(number, size, dict.fromkeys(TargetState.values, 0) | by_wave.get(number, {}))
        for number, size in enumerate(roll_out.wave_sizes)
    ]


def failed_targets(roll_out: RollOut) -> list[int]:
    """The targets that failed or were skipped."""
    rows = roll_out.targets.filter(state__in=[TargetState.FAILED, TargetState.SKIPPED])
    return list(rows.values_list("charge_point", flat=True))


def _stop(row: RollOut, state: str) -> RollOut:
    row.state = state
    row.save()
    unsent = row.targets.filter(
        state=TargetState.UNDER_WAY, command__state=Command.State.QUEUED, command__sent_at=None
    )
    for target in unsent.select_related("command").order_by("charge_point_id"):
        recall(target)
    return row


def recall(target: RollOutTarget) -> None:
    """Cancel a command that was not sent yet, so that its target waits again."""
    if target.command is None:
        return
    try:
        submission.cancel(target.command)
    except CommandRefused:
        return
    target.state, target.command = TargetState.WAITING, None
    target.save(update_fields=["state", "command"])


def _locked(roll_out: RollOut) -> RollOut:
    return RollOut.objects.select_for_update(no_key=True).get(pk=roll_out.pk)


def _online_first(targets: list[int]) -> list[int]:
    found: dict[int, bool] = {}  # whether it is offline
    for start in range(0, len(targets), ROWS_A_TRANSACTION):
        portion = ChargePoint.objects.filter(pk__in=targets[start : start + ROWS_A_TRANSACTION])
        found |= {
            pk: connection is None for pk, connection in portion.values_list("pk", "connection")
        }
    known = [pk for pk in dict.fromkeys(targets) if pk in found]
    return sorted(known, key=found.__getitem__)


def _targets(roll_out: RollOut, ordered: list[int]) -> list[RollOutTarget]:
    waves = [number for number, size in enumerate(roll_out.wave_sizes) for _ in range(size)]
    return [
        RollOutTarget(roll_out=roll_out, charge_point_id=pk, wave=wave)
        for pk, wave in zip(ordered, waves, strict=True)
    ]


def _as_json(care: Care) -> list[Any]:
    return [
        list(care.waves),
        care.halt_after,
        care.at_once,
        care.during_transactions,
        care.wait_s,
        care.back_within_s,
    ]


def _digest(body: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
