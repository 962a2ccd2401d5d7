"""Checks installed OCPP versions for omissions and wrong names: at Django's checks, and at start.

Without these checks the mistakes would pass unnoticed: a command that is never sent, an answer
of which only `status` is read, a handler that hides another.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.core.checks import Error

from chargepoints.protocol.versions import Block, OcppVersion, installed_versions
from chargepoints.services.commands.command_types import COMMAND_TYPES

# The fields that the default ResponseReading covers; customData is stored with the answer.
READ_BY_STATUS = frozenset({"status", "statusInfo", "customData"})


def check_installed(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Registered with Django's system checks."""
    return [error for version in installed_versions().values() for error in check(version)]


def check(version: OcppVersion) -> list[Error]:
    return [
        *_unknown_actions(version),
        *_undeclared_types(version),
        *_named_twice(version),
        *_overridden_nothing(version),
        *_not_sent(version),
        *_unread_answers(version),
    ]


def _error(version: OcppVersion, number: int, what: str, hint: str) -> Error:
    text = f"OCPP {version.name}: {what}"
    return Error(text, hint=hint, obj=version.subprotocol, id=f"chargepoints.E{number:03}")


def _unknown_actions(version: OcppVersion) -> Iterator[Error]:
    named: dict[str, Iterable[str]] = {
        "handles": version.handlers,
        "lets a CSMS send": version.csms_actions,
        "serves before the boot": version.served_before_boot,
        "sends while the boot is pending": version.sent_while_pending,
    }
    for what, actions in named.items():
        for action in sorted(set(actions) - version.schemas.actions):
            yield _error(version, 1, f"it {what} {action}", "No schema has this name.")


def _undeclared_types(version: OcppVersion) -> Iterator[Error]:
    for type in sorted(set(version.commands) - set(COMMAND_TYPES)):
        hint = "Declare it in chargepoints/services/commands/command_types, or it cannot be sent."
        yield _error(version, 2, f"it translates {type!r}, which is no command type", hint)


def _parts(block: Block) -> dict[str, Iterable[str]]:
    return {
        "handles": block.handlers,
        "translates": block.commands,
        "reads the answer to": block.responses,
        "stores a raw": block.raw_requests,
    }


def _named_twice(version: OcppVersion) -> Iterator[Error]:
    for what in _parts(version.overrides):
        counted = Counter(chain.from_iterable(_parts(block)[what] for block in version.blocks))
        for name in sorted(name for name, times in counted.items() if times > 1):
            hint = "One hides the other: put an intended replacement into `overrides`."
            yield _error(version, 3, f"more than one block {what} {name}", hint)


def _overridden_nothing(version: OcppVersion) -> Iterator[Error]:
    for what, names in _parts(version.overrides).items():
        of_blocks = set(chain.from_iterable(_parts(block)[what] for block in version.blocks))
        for name in sorted(set(names) - of_blocks):
            hint = "Put a new action or type into a block."
            yield _error(version, 4, f"it overrides what {what} {name}, and no block does", hint)


def _not_sent(version: OcppVersion) -> Iterator[Error]:
    composed = {each.action for each in version.commands.values()}
    read = set(version.responses) | set(version.raw_requests)
    for action in sorted((composed | read) - version.csms_actions):
        hint = "Add it to `csms_actions`, or correct its spelling."
        yield _error(
            version, 5, f"a command or a reading is for {action}, which is never sent", hint
        )


def _unread_answers(version: OcppVersion) -> Iterator[Error]:
    read = {each.action for each in version.commands.values() if each.reading is not None}
    read |= set(version.responses)
    for action in sorted(version.csms_actions & version.schemas.actions - read):
        more = version.schemas.answer_fields(action) - READ_BY_STATUS
        if more:
            what = f"nothing reads {', '.join(sorted(more))} of the answer to {action}"
            hint = "Add a plain ResponseReading() if the answer only has to be stored and shown."
            yield _error(version, 6, what, hint)
