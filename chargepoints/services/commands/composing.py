"""A command in the words of a version: its action and its payload, checked by the schema."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import OcppVersion
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import CommandRefused

NO_SUCH_WORD = frozenset({"additionalProperties", "enum"})


def compose(unit: UnitOfWork, version: OcppVersion, command: Command) -> tuple[str, dict[str, Any]]:
    """The request in this version's words. Raises CommandRefused."""
    if COMMAND_TYPES[command.type].verbatim:
        return command.args["action"], command.args["payload"]
    translation = version.commands.get(command.type)
    if translation is None:
        raise CommandRefused("not_supported", f"OCPP {version.name} has no {command.type}")
    payload = translation.compose(unit, command)
    action = translation.action_for(command)
    if violations := version.schemas.request_violations(action, payload):
        # A word or a field that this version has not, though another may, is named first.
        first = min(violations, key=lambda each: each.keyword not in NO_SUCH_WORD)
        # The message may quote what is not to be logged.
        clear = version.redacted_for_trace(action, payload) is payload
        message = first.message if clear else first.keyword
        code = "not_supported" if first.keyword in NO_SUCH_WORD else "invalid_args"
        raise CommandRefused(code, f"{first.pointer}: {message}")
    return action, payload
