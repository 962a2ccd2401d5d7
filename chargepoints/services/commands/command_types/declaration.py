"""How a command type is declared: its arguments as JSON Schema, and all that is known of it."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command

JsonSchema = dict[str, Any]
Args = dict[str, Any]
Warn = Callable[[ChargePoint, Args], Iterable[str]]

HOUR_S = 3600
NO_EFFECT = "no_effect"

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


def _never(args: Args) -> bool:
    return False


def _nothing_secret(args: Args) -> Args:
    return args


def _nothing_seen(command: Command) -> tuple[str, str]:
    return NO_EFFECT, "accepted, but nothing was seen of it in time"


@dataclass(frozen=True, slots=True)
class CommandType:
    """All that is known of a command, but how a version says it.

    `only_connected`: pointless later, so refused at once while the charger is offline.

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
    slot: Callable[[Args], Hashable] | None = None
    # Of staff operators may send it as well, not engineers alone.
    for_operators: bool = False
    # Staff are asked twice: it ends a transaction, or changes the charger.
    confirmed: bool = True
    # Staff often send it to many at once: it is an entry of its own among the actions of the list.
    for_many: bool = False
    # Its arguments are the request: no version translates it, and only its answer is awaited.
    verbatim: bool = False
    # What looks wrong about it, a sentence for each thing. People may know better: it is sent.
    warnings: tuple[Warn, ...] = ()
    # Its arguments as rows may hold them: the same object where nothing in it is secret.
    redacted: Callable[[Args], Args] = _nothing_secret
    # The argument with the token that the charger may ask about before it does what it is told.
    asked_about: str = ""
    # Once its time is over: code and detail of what can be seen of the reason.
    why_no_effect: Callable[[Command], tuple[str, str]] = _nothing_seen
    # A charge point does one of them at a time: an older one ends as the newer one takes effect.
    one_at_a_time: bool = False
    # Whether it has the charge point boot, or say that it did, by its arguments.
    asks_for_boot: Callable[[Args], bool] = _never
    # A charge point that reports another firmware version afterwards has done it, whatever it says.
    changes_firmware: bool = False
    # Notes what the charge point has from now on, once it has accepted it.
    accepted: Callable[[Command], None] | None = None
    # Ends what was noted for a command that was refused, or never answered.
    abandon: Callable[[UnitOfWork, Command], None] | None = None

    def cautions(self, charge_point: ChargePoint, args: Args) -> list[str]:
        """What staff and core are warned of; `args` fit the schema."""
        return [text for warn in self.warnings for text in warn(charge_point, args)]
