"""The installed OCPP versions: what each must define, and how they are found.

A version is an app, named by one line of the OCPP_VERSIONS setting; `chargepoints` knows none
of them by name.
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
    """Answers one action of a charger.

    `handle(inbound, decision)` runs inside the database transaction and returns the reply's
    payload; it may raise OcppError. `decide(inbound)`, if set, runs before, on the event loop and
    outside any transaction: it may ask core. `asks(payload)` tells from the original payload
    whether `decide` would ask; without it, it always may.

    `dispensable` fields may be missing or unreadable, although the schema requires them.
    A message `about_transactions` may be long; if only a part of it can be read, that part is
    accepted if it has these fields.
    """

    handle: Callable[[Inbound, Any], Payload]
    decide: Callable[[Inbound], Awaitable[Any]] | None = None
    dispensable: frozenset[str] = frozenset()
    about_transactions: frozenset[str] | None = None
    asks: Callable[[Payload], bool] | None = None

    def may_ask(self, payload: Any) -> bool:
        """Whether core may be asked before this payload is handled."""
        if self.decide is None:
            return False
        return self.asks is None or not isinstance(payload, dict) or self.asks(payload)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The meaning of a charger's answer for the command: its state, and the error, if any.

    State QUEUED: `compose` has more requests to send. `effect_within_s`: the charger announced
    that the effect will take longer than the command's type allows.
    """

    state: str
    error_code: str = ""
    error_detail: str = ""
    effect_within_s: int = 0


def accepting(*statuses: str) -> Callable[[Command, Payload], Conclusion]:
    """A reading by `status`: these statuses accept, any other one rejects."""

    def conclude(command: Command, response: Payload) -> Conclusion:
        # A missing status differs from an empty one.
        status = str(response["status"] or "no status") if "status" in response else ""
        if status in statuses:
            return Conclusion(Command.State.ACCEPTED)
        return Conclusion(Command.State.REJECTED, error_code=status)

    return conclude


# The default reading; some answers have no status.
by_status = accepting("Accepted", "")


@dataclass(frozen=True, slots=True)
class Batched:
    """For a command whose items may need several requests.

    `results` names the list in each answer. It accumulates in `command.response` until it has
    `asked(command)` entries; its length tells `compose` with which item to continue.
    """

    results: str
    asked: Callable[[Command], int]

    def answered(self, command: Command) -> int:
        return len((command.response or {}).get(self.results) or [])


@dataclass(frozen=True, slots=True)
class ResponseReading:
    """How to read a charger's answer.

    `conclude(command, response)` returns the command's state; `record(unit, command, response)`,
    if set, stores the content. `command.request` is the request.
    `dispensable`: as in Handler.
    """

    conclude: Callable[[Command, Payload], Conclusion] = by_status
    record: Callable[[UnitOfWork, Command, Payload], None] | None = None
    dispensable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommandTranslation:
    """Translates one neutral command type to one version of OCPP.

    `compose(unit, command)` returns the request's payload, inside a transaction; it raises
    CommandRefused if this version cannot express the arguments. If the effect can be observed, it
    sets `command.effect_key`, by which `outcomes.confirm_effect` finds the command.
    `choose(command)` names the action if it depends on the arguments. `reading` takes precedence
    over the reading of the action, which applies to all requests, raw commands too.
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


def _no_enforced_limits(charge_point_id: int) -> frozenset[str]:
    return frozenset()


def _no_power(charge_point_id: int) -> Mapping[int, float]:
    return {}


def _no_password(action: str, payload: Payload) -> str:
    return ""


def nothing_secret(action: str, payload: Payload) -> Payload:
    """For a version whose messages contain no secrets."""
    return payload


def _no_reason(answer: Payload) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Block:
    """What one module of a version defines: a functional block, or a part of it.

    `handlers` by the action of a charger's CALL, `commands` by the neutral command type,
    `responses` by the action of our own CALL: without a reading, only `status` is read.
    `raw_requests` by that action, too: `(command, payload)` stores what a `raw` command asks for,
    inside the transaction in which the command is sent.
    """

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    commands: Mapping[str, CommandTranslation] = field(default_factory=dict)
    responses: Mapping[str, ResponseReading] = field(default_factory=dict)
    raw_requests: Mapping[str, Callable[[Command, Payload], None]] = field(default_factory=dict)

    @classmethod
    def of(cls, *blocks: "Block") -> "Block":
        """Merge blocks into one."""
        parts = [
            (block.handlers, block.commands, block.responses, block.raw_requests)
            for block in blocks
        ]
        handlers, commands, responses, raw_requests = (
            {name: each for part in kind for name, each in part.items()}
            for kind in zip(*parts, strict=True)
        )
        return cls(handlers, commands, responses, raw_requests)


@dataclass(frozen=True)
class OcppVersion:
    """A version is checked when the server starts: `gateway/version_checks.py`."""

    name: str
    subprotocol: str
    aliases: tuple[str, ...]
    schemas: Schemas
    # No two blocks define the same; `overrides` replaces definitions of blocks.
    blocks: tuple[Block, ...]
    csms_actions: frozenset[str]
    # This version's CALLERROR codes by our names, if they differ.
    error_codes: Mapping[str, str]
    # Actions that a charger may send before its BootNotification is accepted.
    served_before_boot: frozenset[str]
    # The messages for `manage.py simulate`; takes the id that a charger would give its transaction.
    simulated_messages: Callable[[str], SimulatedMessages]
    # The earlier version whose blocks this one uses; this app may import that version's app.
    extends: "OcppVersion | None" = None
    overrides: Block = Block()
    # Used with a charger that offers no subprotocol at all.
    assumed: bool = False
    # CALL, CALLRESULT, CALLERROR; and CALLRESULTERROR and SEND, if the version has them.
    message_types: frozenset[int] = frozenset({2, 3, 4})
    # By a charge point's row id: the transaction limits that it receives and enforces itself.
    enforced_limits: Callable[[int], frozenset[str]] = _no_enforced_limits
    # By a charge point's row id: the highest power in W of each EVSE, as far as reported.
    most_power: Callable[[int], Mapping[int, float]] = _no_power
    # Accept a charger's offer of compression, unless a quirk says otherwise.
    compresses: bool = False
    # Answer a frame whose id cannot be read with id "-1" (2.0.1 part 4, 4.2.3).
    answers_unreadable: bool = False
    # Answer a frame of an unknown type with MessageTypeNotSupported (2.0.1 part 4, table 8).
    answers_unknown_types: bool = False
    # Actions that a CSMS may send while the boot is pending; TriggerMessage for a boot always may.
    sent_while_pending: frozenset[str] = frozenset()
    # The actions that our request makes a charger send, allowed before its boot is accepted.
    messages_requested: Callable[[str, Payload], frozenset[str]] = _nothing_more
    # The new password in a request to the charge point; empty if there is none.
    password_in: Callable[[str, Payload], str] = _no_password
    # The request without secrets, for storing; the same object if it contains none.
    redacted_request: Callable[[str, Payload], Payload] = nothing_secret
    # The same for a charger's answer, whose payload may be any JSON.
    redacted_answer: Callable[[str, Any], Any] = nothing_secret
    # The same for a charger's CALL, which is also handled without these secrets; any JSON.
    redacted_call: Callable[[str, Any], Any] = nothing_secret
    # The CALL of either side without what trace and events must not show. Unlike the above, the
    # message is handled and its rows are stored with it.
    redacted_for_trace: Callable[[str, Any], Any] = nothing_secret
    # The clauses of the specification that deviations violate, by the deviation's name.
    clauses: Mapping[str, str] = field(default_factory=dict)
    # The reason in a rejecting answer, if it has one besides its status.
    reason: Callable[[Payload], str] = _no_reason
    # The messages that a CSMS can request now, by the names that the command `trigger` takes.
    triggered: frozenset[str] = frozenset()
    # The purposes of the operator's charging profiles, in neutral terms.
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

    @cached_property
    def raw_requests(self) -> Mapping[str, Callable[[Command, Payload], None]]:
        of_blocks = chain.from_iterable(block.raw_requests.items() for block in self.blocks)
        return {**dict(of_blocks), **self.overrides.raw_requests}

    def reading(self, command: Command) -> ResponseReading:
        """The reading for the answer to this command's last request."""
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
