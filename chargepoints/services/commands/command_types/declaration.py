"""How a command type is declared: arguments as JSON Schema, and how long it is worth keeping."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

JsonSchema = dict[str, Any]

HOUR_S = 3600

TEXT: JsonSchema = {"type": "string", "minLength": 1}
PEM: JsonSchema = {**TEXT, "contentMediaType": "application/x-pem-file"}
POSITIVE: JsonSchema = {"type": "integer", "minimum": 1}
INTEGER: JsonSchema = {"type": "integer"}
COUNT: JsonSchema = {"type": "integer", "minimum": 0}
TIME: JsonSchema = {"type": "string", "format": "date-time"}
ID_TOKEN: JsonSchema = {
    "type": "object",
    # As events and transactions have it: null where none is known.
    "properties": {"value": TEXT, "type": {"type": ["string", "null"]}},
    "required": ["value"],
    "additionalProperties": False,
}


def arguments(required: tuple[str, ...] = (), /, **properties: JsonSchema) -> JsonSchema:
    schema: JsonSchema = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    if "connector_id" in properties:
        # A connector is one of an EVSE's: alone it would be left out, and any taken.
        schema["dependentRequired"] = {"connector_id": ["evse_id"]}
    return schema


def several(items: JsonSchema) -> JsonSchema:
    """A list of at least one."""
    return {"type": "array", "items": items, "minItems": 1}


@dataclass(frozen=True, slots=True)
class CommandType:
    """`only_connected`: pointless later, so refused at once while the charger is offline.

    `effect_within_s` counts from the charger's yes, or from the latest of the arguments
    `effect_after`, which are times.

    `slot(args)` is what the command sets: a newer one for the same slot replaces one that is
    still queued. None: commands of this type never replace each other.
    """

    description: str
    args: JsonSchema
    expires_after_s: int = 24 * HOUR_S
    timeout_s: int | None = None  # for the charger's answer; None: CALL_TIMEOUT_S
    only_connected: bool = False
    effect_within_s: int = 120
    effect_after: tuple[str, ...] = ()
    slot: Callable[[dict[str, Any]], Hashable] | None = None
