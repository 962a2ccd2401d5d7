"""The database side of a command's way to its charger: claimed, and concluded.

Both run in the writer's transaction. Claiming is fenced by the connection's epoch (P6).
"""

import logging
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from chargepoints import metrics
from chargepoints.gateway import nudges, ocppj
from chargepoints.models import ChargePoint, Command, Message
from chargepoints.services import commands, deafness, passwords, quirks
from chargepoints.services.command_types import COMMAND_TYPES
from chargepoints.services.commands import CommandRefused
from chargepoints.services.redaction import stored_args
from chargepoints.station import Station
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import Batched, Conclusion, OcppVersion

logger = logging.getLogger(__name__)

State = Command.State
ErrorClass = Command.ErrorClass


@dataclass(frozen=True, slots=True)
class Claimed:
    command_id: uuid.UUID
    message_id: str
    action: str
    frame: str
    logged_frame: str
    timeout_s: float
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """`frame` is None where none came in time, where the socket went (`lost`), or where it was
    `unreadable`.
    """

    text: str
    frame: ocppj.CallResult | ocppj.CallError | None
    lost: bool = False
    unreadable: bool = False
    at: datetime = field(default_factory=timezone.now)


_QUEUED = (
    "SELECT 1 FROM chargepoints_command"
    " WHERE charge_point_id = %s AND finished_at IS NULL AND state = 'queued'"
)


def claim(unit: UnitOfWork, station: Station, version: OcppVersion, ready: bool) -> Claimed | None:
    """The next command to send, marked as sent; None where there is none.

    Until the charger's boot is accepted nothing is sent but the request to boot
    (2.0.1 B02.FR.02, 1.6 4.2.1).
    """
    now = timezone.now()
    if unit.fetch_one(_QUEUED, (station.id,)) is None:
        return None
    queued = Command.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        charge_point_id=station.id,
        state=State.QUEUED,
        finished_at=None,
        expires_at__gt=now,
    ).order_by("created_at")
    for command in queued:
        if not ChargePoint.objects.filter(
            pk=station.id, connection_id=station.connection_id
        ).exists():
            return None
        if not _may_go(station, version, ready, command):
            continue
        try:
            action, payload = compose(unit, version, command)
        except CommandRefused as refused:
            # Never sent now: what is secret in it need not be kept.
            command.args = stored_args(command.type, command.args)
            fail(unit, command, State.REJECTED, ErrorClass.GATEWAY, refused.code, refused.detail)
            continue
        claimed = _mark_sent(unit, station, version, command, action, payload, now)
        if claimed is not None:
            return claimed
    return None


def _may_go(station: Station, version: OcppVersion, ready: bool, command: Command) -> bool:
    """Asked before it is composed: composing may have effects, such as a new password."""
    if ready and station.boot_accepted:
        return True
    action, payload = command.args.get("action"), command.args.get("payload")
    if command.type != "raw":
        translation = version.commands.get(command.type)
        action = translation.action_for(command) if translation else None
        payload = {"requestedMessage": command.args.get("message")}
    if station.boot_pending and action in version.sent_while_pending:
        return True
    return bool(action == "TriggerMessage" and payload == version.trigger_boot)


def compose(unit: UnitOfWork, version: OcppVersion, command: Command) -> tuple[str, dict[str, Any]]:
    """The request in this version's words. Raises CommandRefused."""
    action, payload = _composed(unit, version, command)
    if password := version.password_in(action, payload):
        passwords.begin_rotation(command, password)
    return action, payload


def _composed(
    unit: UnitOfWork, version: OcppVersion, command: Command
) -> tuple[str, dict[str, Any]]:
    if command.type == "raw":
        return command.args["action"], command.args["payload"]
    translation = version.commands.get(command.type)
    if translation is None:
        raise CommandRefused("not_supported", f"OCPP {version.name} has no {command.type}")
    payload = translation.compose(unit, command)
    action = translation.action_for(command)
    if violations := version.schemas.request_violations(action, payload):
        first = violations[0]
        # The message may quote what is not to be logged.
        clear = version.logged(action, payload) is payload
        message = first.message if clear else first.keyword
        raise CommandRefused("invalid_args", f"{first.pointer}: {message}")
    return action, payload


def _mark_sent(
    unit: UnitOfWork,
    station: Station,
    version: OcppVersion,
    command: Command,
    action: str,
    payload: dict[str, Any],
    now: datetime,
) -> Claimed | None:
    message_id = str(uuid.uuid4())
    shown = version.shown(action, payload)
    # Conditional: it may have been cancelled since it was read.
    taken = Command.objects.filter(pk=command.pk, state=State.QUEUED).update(
        state=State.SENT,
        sent_at=now,
        connection_id=station.connection_id,
        ocpp_version=version.name,
        action=action,
        message_id=message_id,
        request=shown,
        # Sent once and for all: what was secret in it need not be kept.
        args=command.args if shown is payload else stored_args(command.type, command.args),
        effect_key=command.effect_key,
    )
    if not taken:
        return None
    if not station.boot_accepted:
        station.asked_for |= version.brings(action, payload)
    frame = ocppj.encode_call(message_id, action, payload)
    logged = version.logged(action, shown)
    logged_frame = frame if logged is payload else ocppj.encode_call(message_id, action, logged)
    timeout_s = command.timeout_s
    if (late := quirks.setting(station, "call_timeout_s") or 0) > timeout_s:
        timeout_s = late
        quirks.used(unit, station.id, "call_timeout_s")
    return Claimed(command.pk, message_id, action, frame, logged_frame, timeout_s, now)


def conclude(
    unit: UnitOfWork, station: Station, version: OcppVersion, claimed: Claimed, answer: Answer
) -> bool:
    """Write the trace and the command's state, whatever came or did not come.

    True where the socket had better be closed: it is up, and nobody answers on it.
    """
    answer = _without_secrets(version, claimed.action, answer)
    command = Command.objects.get(pk=claimed.command_id)
    command.duration_ms = (answer.at - claimed.sent_at).total_seconds() * 1000
    came = answer.frame is not None or answer.unreadable
    command.answered_at = answer.at if came else None
    # Whoever waits for the answer alone need not wait for the effect.
    unit.after_commit(lambda: nudges.finished(command.pk))
    deviations: list[str] = list(answer.frame.deviations) if answer.frame is not None else []
    outcome, error_code = _judge(unit, version, command, answer, deviations)
    metrics.sent(version.name, claimed.action, deviations)
    unit.append(
        Message,
        (
            station.id,
            station.connection_id,
            Message.Direction.TO_CHARGER,
            claimed.action,
            claimed.message_id,
            claimed.logged_frame,
            answer.text.replace("\x00", "\ufffd"),
            outcome,
            error_code,
            deviations,
            claimed.sent_at,
            command.duration_ms,
        ),
    )
    return False if answer.lost else deafness.note(unit, station, answered=came)


def _judge(
    unit: UnitOfWork,
    version: OcppVersion,
    command: Command,
    answer: Answer,
    deviations: list[str],
) -> tuple[str, str]:
    """Set the command's state by its answer; the outcome for the trace, and its error code."""
    outcome, error_code = Message.Outcome.RESULT, ""
    if isinstance(answer.frame, ocppj.CallResult):
        _conclude_result(unit, version, command, answer.frame, deviations)
    elif isinstance(answer.frame, ocppj.CallError):
        outcome, error_code = Message.Outcome.ERROR, answer.frame.code[:50]
        command.response = {
            "code": answer.frame.code,
            "description": answer.frame.description,
            "details": answer.frame.details,
        }
        fail(
            unit,
            command,
            State.CALLERROR,
            ErrorClass.CALLERROR,
            error_code,
            answer.frame.description,
        )
    elif answer.unreadable:
        deviations.append("bad_response:unreadable")
        detail = "the answer could not be read"
        fail(unit, command, State.REJECTED, ErrorClass.STATION, "bad_response", detail)
    else:
        outcome = Message.Outcome.TIMEOUT
        code = "connection_lost" if answer.lost else "no_answer"
        detail = "whether the charger acted on it is not known"
        fail(unit, command, State.TIMEOUT, ErrorClass.TRANSPORT, code, detail)
    return outcome, error_code


def _without_secrets(version: OcppVersion, action: str, answer: Answer) -> Answer:
    """The answer as trace and rows may hold it: some chargers show their keys in clear."""
    frame = answer.frame
    if not isinstance(frame, ocppj.CallResult):
        return answer
    shown = version.shown_answer(action, frame.payload)
    if shown is frame.payload:
        return answer
    text = ocppj.encode_call_result(frame.message_id, shown)
    return replace(answer, text=text, frame=replace(frame, payload=shown))


def _conclude_result(
    unit: UnitOfWork,
    version: OcppVersion,
    command: Command,
    frame: ocppj.CallResult,
    deviations: list[str],
) -> None:
    checked = version.schemas.check_response(command.action, frame.payload)
    deviations += [f"{each.keyword}:{each.pointer}"[:100] for each in checked.soft]
    earlier, command.response = command.response, frame.payload
    if not isinstance(frame.payload, dict):
        command.response = {"payload": frame.payload}
    if checked.hard is not None:
        deviations.append(f"bad_response:{checked.hard.pointer}")
        message = checked.hard.message
        fail(unit, command, State.REJECTED, ErrorClass.STATION, "bad_response", message)
        return
    reading = version.reading(command.action)
    if reading.record is not None:
        reading.record(unit, command, checked.payload)
    answer = checked.payload
    translation = version.commands.get(command.type)
    batched = translation.batched if translation is not None else None
    if batched is not None and batched.results in answer:
        answer = command.response = _joined(batched, earlier, answer)
        if checked.payload[batched.results] and _more(batched, command):
            _go_on(command)
            return
    _apply(unit, command, reading.conclude(command, answer))


def _joined(batched: Batched, earlier: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """All results so far, as if there had been one request."""
    before = (earlier or {}).get(batched.results) or []
    return answer | {batched.results: [*before, *(answer.get(batched.results) or [])]}


def _more(batched: Batched, command: Command) -> bool:
    return batched.answered(command) < batched.asked(command)


def _go_on(command: Command) -> None:
    """The next request of the same command: it is the oldest that is queued."""
    command.state = State.QUEUED
    command.answered_at = None
    command.save()


def _apply(unit: UnitOfWork, command: Command, conclusion: Conclusion) -> None:
    if command.state in (State.EFFECT_CONFIRMED, State.NO_EFFECT):
        # The effect came before the answer.
        command.save()
        return
    if conclusion.state == State.QUEUED:
        _go_on(command)
        return
    if conclusion.state != State.ACCEPTED:
        detail = conclusion.error_detail
        fail(unit, command, conclusion.state, ErrorClass.STATION, conclusion.error_code, detail)
        return
    deadline = None
    if command.effect_key:
        declared, now = COMMAND_TYPES[command.type], timezone.now()
        later = now + timedelta(seconds=conclusion.effect_within_s)
        deadline = max(declared.effect_deadline(command.args, now), later)
    commands.finish(unit, command, State.ACCEPTED, effect_deadline=deadline)


def fail(
    unit: UnitOfWork, command: Command, state: str, error_class: str, code: str, detail: str
) -> None:
    commands.finish(
        unit,
        command,
        state,
        error_class=error_class,
        error_code=code[:50],
        error_detail=detail[:1000],
    )


def trace_unexpected(
    unit: UnitOfWork, station: Station, text: str, frame: ocppj.CallResult | ocppj.CallError
) -> None:
    """An answer to nothing that was asked: kept in the trace, and nothing else."""
    unit.append(
        Message,
        (
            station.id,
            station.connection_id,
            Message.Direction.FROM_CHARGER,
            "",
            frame.message_id,
            text.replace("\x00", "\ufffd"),
            "",
            Message.Outcome.NONE,
            "",
            ["unexpected_answer", *frame.deviations],
            timezone.now(),
            None,
        ),
    )
