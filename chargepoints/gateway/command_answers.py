"""Stores a charger's answer to a command, or its absence: the command's state, and the trace.

Runs in the writer's transaction.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chargepoints import clock, nudges, secret_names
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway import ocppj, trace_texts
from chargepoints.gateway.claiming import Claimed
from chargepoints.models import Command, Message
from chargepoints.observability import metrics
from chargepoints.protocol.inbound import MOST_DEVIATIONS
from chargepoints.protocol.mending import Violation
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import Batched, Conclusion, OcppVersion
from chargepoints.services.commands import effect_deadlines, outcomes
from chargepoints.services.stations import booting, unanswered_calls

State = Command.State
ErrorClass = Command.ErrorClass

NOT_KEPT = "(not kept: it may show a password or a key)"

_BY_ID: PreparedQuery[Command] = PreparedQuery(
    lambda command_id: Command.objects.filter(pk=command_id)
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`frame` is None if no answer came in time, if the socket closed first (`lost`), or if the
    answer was `unreadable`.
    """

    text: str
    frame: ocppj.CallResult | ocppj.CallError | None
    lost: bool = False
    unreadable: bool = False
    at: datetime = field(default_factory=clock.now)

    @property
    def fault(self) -> str:
        """Why it is not a result; empty if it is one."""
        if isinstance(self.frame, ocppj.CallError):
            return self.frame.code
        if self.frame is not None:
            return ""
        return "unreadable" if self.unreadable else "the socket went" if self.lost else "no answer"


@dataclass(frozen=True, slots=True)
class Concluded:
    """`unresponsive`: the caller should close the socket: the charger answers no CALL on it.

    `violation`: how the result violates its schema. `traced`: the row of the trace.
    """

    unresponsive: bool
    violation: Violation | None
    traced: tuple[Any, ...]


def conclude(
    unit: UnitOfWork, station: Station, version: OcppVersion, claimed: Claimed, answer: Answer
) -> Concluded:
    """Write the trace and the command's state, with or without an answer."""
    answer = _without_secrets(version, claimed.action, answer)
    command = row_changes.editable(_BY_ID.one(claimed.command_id))
    command.duration_ms = (answer.at - claimed.sent_at).total_seconds() * 1000
    came = answer.frame is not None or answer.unreadable
    command.answered_at = answer.at if came else None
    # An API request that waits for the answer need not wait for the effect.
    unit.after_commit(lambda: nudges.command_changed(command))
    deviations: list[str] = list(answer.frame.deviations) if answer.frame is not None else []
    outcome, error_code, violation = _judge(unit, version, command, answer, deviations)
    metrics.sent(version.name, claimed.action, str(outcome), deviations)
    row = Message.row(
        charge_point_id=station.id,
        connection_id=station.connection_id,
        direction=Message.Direction.TO_CHARGER,
        action=claimed.action,
        message_id=claimed.message_id,
        request=claimed.traced_frame,
        reply=trace_texts.without_nul(answer.text),
        outcome=outcome,
        error_code=error_code,
        deviations=deviations,
        started_at=claimed.sent_at,
        duration_ms=command.duration_ms,
    )
    unit.append(Message, row)
    unresponsive = not answer.lost and unanswered_calls.note(unit, station, answered=came)
    return Concluded(unresponsive, violation, row)


def on_its_way(station: Station, claimed: Claimed) -> tuple[Any, ...]:
    """The row of a request that is being sent, still without an outcome."""
    return Message.row(
        charge_point_id=station.id,
        connection_id=station.connection_id,
        direction=Message.Direction.TO_CHARGER,
        action=claimed.action,
        message_id=claimed.message_id,
        request=claimed.traced_frame,
        reply="",
        outcome="",
        error_code="",
        deviations=[],
        started_at=claimed.sent_at,
        duration_ms=None,
    )


def _judge(
    unit: UnitOfWork,
    version: OcppVersion,
    command: Command,
    answer: Answer,
    deviations: list[str],
) -> tuple[str, str, Violation | None]:
    """Set the command's state according to its answer.

    Return the outcome for the trace, its error code, and how the result violates its schema.
    """
    outcome, error_code, violation = Message.Outcome.RESULT, "", None
    if isinstance(answer.frame, ocppj.CallResult):
        violation = _conclude_result(unit, version, command, answer.frame, deviations)
    elif isinstance(answer.frame, ocppj.CallError):
        outcome, error_code = Message.Outcome.ERROR, answer.frame.code[:50]
        command.response = {
            "code": answer.frame.code,
            "description": answer.frame.description,
            "details": answer.frame.details,
        }
        outcomes.fail(
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
        outcomes.fail(unit, command, State.REJECTED, ErrorClass.STATION, "bad_response", detail)
    elif answer.lost and command.effect_key == booting.RESET_EFFECT:
        outcome = Message.Outcome.TIMEOUT
        if command.finished_at is None:
            # Many chargers restart without answering: a boot in time will confirm the reset.
            command.effect_deadline = effect_deadlines.deadline(command, answer.at, 0)
        row_changes.write(command)
    else:
        outcome = Message.Outcome.TIMEOUT
        code = "connection_lost" if answer.lost else "no_answer"
        detail = "whether the charger acted on it is not known"
        outcomes.fail(unit, command, State.TIMEOUT, ErrorClass.TRANSPORT, code, detail)
    return outcome, error_code, violation


def _without_secrets(version: OcppVersion, action: str, answer: Answer) -> Answer:
    """The answer as it may be stored: some chargers report their keys in clear text."""
    frame = answer.frame
    if not isinstance(frame, ocppj.CallResult):
        return replace(answer, text=_kept(answer.text)) if answer.unreadable else answer
    redacted = version.redacted_answer(action, frame.payload)
    if redacted is frame.payload:
        return answer
    text = ocppj.encode_call_result(frame.message_id, redacted)
    return replace(answer, text=text, frame=replace(frame, payload=redacted))


def _kept(text: str) -> str:
    """The text for the trace, if its secrets cannot be told apart from its other values."""
    return NOT_KEPT if secret_names.are_in(text) else text


def _conclude_result(
    unit: UnitOfWork,
    version: OcppVersion,
    command: Command,
    frame: ocppj.CallResult,
    deviations: list[str],
) -> Violation | None:
    """Return how the result violates its schema, or None."""
    reading = version.reading(command)
    checked = version.schemas.check_response(command.action, frame.payload, reading.dispensable)
    noted = [f"{each.keyword}:{each.pointer}"[:100] for each in checked.soft]
    deviations += noted[:MOST_DEVIATIONS]
    earlier, command.response = command.response, frame.payload
    if not isinstance(frame.payload, dict):
        command.response = {"payload": frame.payload}
    if checked.hard is not None:
        deviations.append(f"bad_response:{checked.hard.pointer}")
        message = checked.hard.message
        outcomes.fail(unit, command, State.REJECTED, ErrorClass.STATION, "bad_response", message)
        return checked.hard
    if reading.record is not None:
        reading.record(unit, command, checked.payload)
    answer = checked.payload
    translation = version.commands.get(command.type)
    batched = translation.batched if translation is not None else None
    if batched is not None and batched.results in answer:
        answer = command.response = _joined(batched, earlier, answer)
        if checked.payload[batched.results] and _more(batched, command):
            _go_on(command)
            return None
    conclusion = reading.conclude(command, answer)
    if not conclusion.error_detail:
        conclusion = replace(conclusion, error_detail=version.reason(answer))
    _apply(unit, command, conclusion)
    return None


def _joined(batched: Batched, earlier: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """The results of all requests of this command so far, as if they were one answer."""
    before = (earlier or {}).get(batched.results) or []
    return answer | {batched.results: [*before, *(answer.get(batched.results) or [])]}


def _more(batched: Batched, command: Command) -> bool:
    return batched.answered(command) < batched.asked(command)


def _go_on(command: Command) -> None:
    """Queue the command again for its next request; as the oldest command it is sent next."""
    command.state = State.QUEUED
    command.answered_at = None
    row_changes.write(command)


def _apply(unit: UnitOfWork, command: Command, conclusion: Conclusion) -> None:
    if command.state in (State.EFFECT_CONFIRMED, State.NO_EFFECT):
        # The effect came before the answer.
        row_changes.write(command)
        return
    if conclusion.state == State.QUEUED:
        _go_on(command)
        return
    if conclusion.state != State.ACCEPTED:
        detail = conclusion.error_detail
        outcomes.fail(
            unit, command, conclusion.state, ErrorClass.STATION, conclusion.error_code, detail
        )
        return
    deadline = None
    if command.effect_key:
        within_s = conclusion.effect_within_s
        deadline = effect_deadlines.deadline(command, clock.now(), within_s)
    partial = {}
    if conclusion.error_code:
        partial = {
            "error_class": ErrorClass.STATION,
            "error_code": conclusion.error_code,
            "error_detail": conclusion.error_detail,
        }
    outcomes.finish(unit, command, State.ACCEPTED, effect_deadline=deadline, **partial)


Stray = ocppj.CallResult | ocppj.CallError | ocppj.CallResultError


def trace_stray(unit: UnitOfWork, station: Station, text: str, frame: Stray) -> tuple[Any, ...]:
    """Trace an answer without a request, or a CALLRESULTERROR about our answer."""
    refused = frame.code if isinstance(frame, ocppj.CallResultError) else ""
    row = Message.row(
        charge_point_id=station.id,
        connection_id=station.connection_id,
        direction=Message.Direction.FROM_CHARGER,
        action="",
        message_id=frame.message_id,
        request=trace_texts.without_nul(_kept(text)),
        reply="",
        outcome=Message.Outcome.NONE,
        error_code=refused[:50],
        deviations=["result_refused" if refused else "unexpected_answer", *frame.deviations],
        started_at=clock.now(),
        duration_ms=None,
    )
    unit.append(Message, row)
    return row
