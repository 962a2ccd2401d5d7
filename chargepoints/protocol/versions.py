"""The OCPP versions that are installed: what each must bring, and how they are found.

A version is an app of its own, named by one line of the OCPP_VERSIONS setting; nothing here or
elsewhere in `chargepoints` knows which there are.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.schemas import Schemas
from chargepoints.protocol.simulated_messages import SimulatedMessages

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """What answers one action.

    `handle(inbound, decision)` runs inside the database transaction and returns the reply's
    payload; it may raise OcppError. `decide(inbound)`, where there is one, runs before, on the
    event loop and outside any transaction: it may ask core. What it tells is not lost for want of
    the `dispensable` fields, which the schema requires: they may be missing, or unreadable.
    A message `about_transactions` may be long, and of one of which only a part can be read, that
    part is taken if it has these fields. `asks(payload)`, of a payload as it came, tells whether
    `decide` has anything to ask; without it, it always may.
    """

    handle: Callable[[Inbound, Any], Payload]
    decide: Callable[[Inbound], Awaitable[Any]] | None = None
    dispensable: frozenset[str] = frozenset()
    about_transactions: frozenset[str] | None = None
    asks: Callable[[Payload], bool] | None = None

    def may_ask(self, payload: Any) -> bool:
        """Whether somebody may be asked before this payload is handled."""
        if self.decide is None:
            return False
        return self.asks is None or not isinstance(payload, dict) or self.asks(payload)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a charger's answer means for the command: its state, and why where it is not well.

    State QUEUED: this was a part, and `compose` has more to send. `effect_within_s`: the charger
    said that it takes its time, more than the command's type allows for.
    """

    state: str
    error_code: str = ""
    error_detail: str = ""
    effect_within_s: int = 0


def accepting(*statuses: str) -> Callable[[Command, Payload], Conclusion]:
    """A reading by `status`: each of these is a yes, anything else is the station's no."""

    def conclude(command: Command, response: Payload) -> Conclusion:
        # An answer that has none is one thing, and one whose status is empty another.
        status = str(response["status"] or "no status") if "status" in response else ""
        if status in statuses:
            return Conclusion(Command.State.ACCEPTED)
        return Conclusion(Command.State.REJECTED, error_code=status)

    return conclude


# The usual reading; some answers have no status.
by_status = accepting("Accepted", "")


@dataclass(frozen=True, slots=True)
class Batched:
    """Of a command whose items may need several requests.

    `results` names the list in each answer, which grows in `command.response` until it has as
    many as `asked(command)`; `compose` sees from its length with which item to go on.
    """

    results: str
    asked: Callable[[Command], int]

    def answered(self, command: Command) -> int:
        return len((command.response or {}).get(self.results) or [])


@dataclass(frozen=True, slots=True)
class ResponseReading:
    """What a charger's answer means.

    `conclude(command, response)` gives the command's state; `record(unit, command, response)`,
    where there is one, stores what was learned. `command.request` is what was asked.
    `dispensable` as of a Handler.
    """

    conclude: Callable[[Command, Payload], Conclusion] = by_status
    record: Callable[[UnitOfWork, Command, Payload], None] | None = None
    dispensable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommandTranslation:
    """One neutral command type in one version's words.

    `compose(unit, command)` returns the request's payload, inside a transaction; it raises
    CommandRefused where the arguments cannot be said in this version. Where the effect can be
    seen, it sets `command.effect_key`, by which `command_outcomes.confirm_effect` finds it.
    `choose(command)` names the action where it depends on the arguments. `reading` goes before
    that of the action, which holds whoever composed the request.
    """

    action: str
    compose: Callable[[UnitOfWork, Command], Payload]
    choose: Callable[[Command], str] | None = None
    batched: Batched | None = None
    reading: ResponseReading | None = None

    def action_for(self, command: Command) -> str:
        return self.choose(command) if self.choose else self.action


def _nothing_more(action: str, payload: Payload) -> frozenset[str]:
    return frozenset()


def _no_limits(charge_point_id: int) -> frozenset[str]:
    return frozenset()


def _no_power(charge_point_id: int) -> Mapping[int, float]:
    return {}


def _no_password(action: str, payload: Payload) -> str:
    return ""


def nothing_secret(action: str, payload: Payload) -> Payload:
    """Of a version whose messages hold nothing to hide."""
    return payload


def _no_reason(answer: Payload) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Block:
    """What one module of a version brings: a functional block, or a subject of it.

    `handlers` by the action of a charger's CALL, `commands` by the neutral command type,
    `responses` by the action of our own CALL: an answer without a reading is read by its `status`.
    """

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    commands: Mapping[str, CommandTranslation] = field(default_factory=dict)
    responses: Mapping[str, ResponseReading] = field(default_factory=dict)

    @classmethod
    def of(cls, *blocks: "Block") -> "Block":
        """All of them as one."""
        parts = [(block.handlers, block.commands, block.responses) for block in blocks]
        handlers, commands, responses = (
            {name: each for part in kind for name, each in part.items()}
            for kind in zip(*parts, strict=True)
        )
        return cls(handlers, commands, responses)


@dataclass(frozen=True)
class OcppVersion:
    """A version is checked when the server starts: `gateway/version_checks.py`."""

    name: str
    subprotocol: str
    aliases: tuple[str, ...]
    schemas: Schemas
    # No two blocks bring the same: what is to replace something of theirs stands in `overrides`.
    blocks: tuple[Block, ...]
    csms_actions: frozenset[str]
    # CALLERROR codes by our own names, where this version spells them in its own way.
    error_codes: Mapping[str, str]
    # What a charger may send before its BootNotification was accepted.
    served_before_boot: frozenset[str]
    # What `manage.py simulate` says, by the id that a charger would give its transaction.
    simulated_messages: Callable[[str], SimulatedMessages]
    # The earlier version whose blocks this one uses, and whose app its app may import.
    extends: "OcppVersion | None" = None
    overrides: Block = Block()
    # Spoken with a charger that offers no subprotocol at all.
    assumed: bool = False
    # CALL, CALLRESULT, CALLERROR; and CALLRESULTERROR and SEND, where it has them.
    message_types: frozenset[int] = frozenset({2, 3, 4})
    # The limits of a transaction that this charge point is told, and keeps itself, by its id.
    limits_kept: Callable[[int], frozenset[str]] = _no_limits
    # The most power in W of each EVSE, by its number, as far as this charge point has told it.
    most_power: Callable[[int], Mapping[int, float]] = _no_power
    # A charger that offers to compress its messages may, unless it is set otherwise.
    compresses: bool = False
    # Answer a frame whose id cannot be read with id "-1" (2.0.1 part 4, 4.2.3).
    answers_unreadable: bool = False
    # Answer a frame of an unknown type with MessageTypeNotSupported (2.0.1 part 4, table 8).
    answers_unknown_types: bool = False
    # What a CSMS may send while the boot is pending; the request to boot may always go.
    sent_while_pending: frozenset[str] = frozenset()
    # What a charger will send because of a request of ours, whatever its boot has come to.
    messages_requested: Callable[[str, Payload], frozenset[str]] = _nothing_more
    # The password that a request gives the charge point; empty where it gives none.
    password_in: Callable[[str, Payload], str] = _no_password
    # The request as trace and rows may show it: the same object where nothing is secret.
    redacted_request: Callable[[str, Payload], Payload] = nothing_secret
    # The same of a charger's answer, whose payload may be anything.
    redacted_answer: Callable[[str, Any], Any] = nothing_secret
    # The same of a charger's CALL, which is worked on as it is shown; it may be anything, too.
    redacted_call: Callable[[str, Any], Any] = nothing_secret
    # What is shown, of either side's CALL, as trace and events may show it: it is worked on, and
    # kept, with what is left out here.
    redacted_for_trace: Callable[[str, Any], Any] = nothing_secret
    # The clause of the specification that a charger breaks, by the name of the deviation.
    clauses: Mapping[str, str] = field(default_factory=dict)
    # Why an answer is a no, where it says so beside its status.
    reason: Callable[[Payload], str] = _no_reason
    # The messages that a CSMS may have sent to it now, by the names that `trigger` takes.
    triggered: frozenset[str] = frozenset()
    # What a charging profile of the operator may be for, in neutral words.
    profile_purposes: Collection[str] = ()
    trigger_boot: Payload = field(default_factory=lambda: {"requestedMessage": "BootNotification"})

    @cached_property
    def handlers(self) -> Mapping[str, Handler]:
        of_blocks = chain.from_iterable(block.handlers.items() for block in self.blocks)
        return {**dict(of_blocks), **self.overrides.handlers}

    @cached_property
    def commands(self) -> Mapping[str, CommandTranslation]:
        of_blocks = chain.from_iterable(block.commands.items() for block in self.blocks)
        return {**dict(of_blocks), **self.overrides.commands}

    @cached_property
    def responses(self) -> Mapping[str, ResponseReading]:
        of_blocks = chain.from_iterable(block.responses.items() for block in self.blocks)
        return {**dict(of_blocks), **self.overrides.responses}

    def reading(self, command: Command) -> ResponseReading:
        """Of the answer to the request that was sent last for this command."""
        translation = self.commands.get(command.type)
        if translation is not None and translation.reading is not None:
            return translation.reading
        return self.responses.get(command.action, ResponseReading())

    def error_code(self, name: str) -> str:
        return self.error_codes.get(name, name)


@cache
def installed_versions() -> dict[str, OcppVersion]:
    """By subprotocol, in the server's order of preference."""
    return {name: import_string(path) for name, path in settings.OCPP_VERSIONS.items()}
