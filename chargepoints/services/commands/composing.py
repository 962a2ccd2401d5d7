"""Translates a command into a request of a version, and checks it by the schema."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import OcppVersion
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import CommandRefused

NO_SUCH_WORD = frozenset({"additionalProperties", "enum"})


def compose(unit: UnitOfWork, version: OcppVersion, command: Command) -> tuple[str, dict[str, Any]]:
    """The action and payload of the request. Raises CommandRefused."""
    if COMMAND_TYPES[command.type].verbatim:
        action, payload = command.args["action"], command.args["payload"]
        store = version.raw_requests.get(action)
        if store is not None and not version.schemas.request_violations(action, payload):
            store(command, payload)
        return action, payload
    translation = version.commands.get(command.type)
    if translation is None:
        raise CommandRefused("not_supported", f"OCPP {version.name} has no {command.type}")
    payload = translation.compose(unit, command)
    action = translation.action_for(command)
    if violations := version.schemas.request_violations(action, payload):
        # Report first what this version does not have, because another version may have it.
        first = min(violations, key=lambda each: each.keyword not in NO_SUCH_WORD)
        # The message of the schema may quote a secret.
        clear = version.redacted_for_trace(action, payload) is payload
        message = first.message if clear else first.keyword
        code = "not_supported" if first.keyword in NO_SUCH_WORD else "invalid_args"
        raise CommandRefused(code, f"{first.pointer}: {message}")
    return action, payload
