"""The neutral commands: their arguments, and how long each is worth keeping.

Arguments are declared as JSON Schema, which the API document publishes as it is. A version app
says how each is put into its own words.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

JsonSchema = dict[str, Any]

HOUR_S = 3600

TEXT: JsonSchema = {"type": "string", "minLength": 1}
POSITIVE: JsonSchema = {"type": "integer", "minimum": 1}
ID_TOKEN: JsonSchema = {
    "type": "object",
    "properties": {"value": TEXT, "type": {"type": "string"}},
    "required": ["value"],
    "additionalProperties": False,
}


def arguments(required: tuple[str, ...] = (), **properties: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class CommandType:
    """`only_connected`: pointless later, so refused at once while the charger is offline."""

    description: str
    args: JsonSchema
    expires_after_s: int = 24 * HOUR_S
    timeout_s: int = 30
    only_connected: bool = False
    effect_within_s: int = 120


COMMAND_TYPES: dict[str, CommandType] = {
    "start": CommandType(
        "Start a transaction for a token.",
        arguments(("id_token",), id_token=ID_TOKEN, evse_id=POSITIVE, connector_id=POSITIVE),
        expires_after_s=60,
        only_connected=True,
    ),
    "stop": CommandType(
        "Stop a transaction, named by the charger's own transaction id.",
        arguments(("transaction_id",), transaction_id=TEXT),
        expires_after_s=60,
        only_connected=True,
    ),
    "reset": CommandType(
        "Restart the charge point: `on_idle` waits for transactions to end, `immediate` does not.",
        arguments(type={"enum": ["immediate", "on_idle"]}, evse_id=POSITIVE),
    ),
    "trigger": CommandType(
        "Have the charge point send a message now.",
        arguments(("message",), message=TEXT, evse_id=POSITIVE, connector_id=POSITIVE),
    ),
    "get_configuration": CommandType(
        "Read configuration keys (1.6) or variables (2.0.1), named `Component.Variable`.",
        arguments(keys={"type": "array", "items": TEXT}),
    ),
    "set_configuration": CommandType(
        "Write a configuration key (1.6) or a variable (2.0.1), named `Component.Variable`.",
        arguments(("key", "value"), key=TEXT, value={"type": "string"}),
    ),
    "get_report": CommandType(
        "Have the charge point report its device model.",
        arguments(base={"enum": ["configuration", "full", "summary"]}),
    ),
    "raw": CommandType(
        "Any request that the charge point's version lets a CSMS send, checked by its schema.",
        arguments(("action", "payload"), action=TEXT, payload={"type": "object"}),
    ),
}


def check_args(type: str, args: Any) -> list[dict[str, str]]:
    """What is wrong with `args`: [{"pointer", "message"}], with pointers into the body."""
    return [
        {
            "pointer": "".join(f"/{part}" for part in ["args", *error.instance_path]),
            "message": error.message,
        }
        for error in _validator(type).iter_errors(args)
    ]


@cache
def _validator(type: str) -> Any:
    return jsonschema_rs.validator_for(COMMAND_TYPES[type].args)
