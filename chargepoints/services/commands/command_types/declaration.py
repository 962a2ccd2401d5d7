"""How a command type is declared: its arguments as JSON Schema, and its properties."""

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
    # The same form as in events and transactions: null if the type is unknown.
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
        # A connector id is unique within its EVSE only.
        schema["dependentRequired"] = {"connector_id": ["evse_id"]}
    return schema


def several(items: JsonSchema) -> JsonSchema:
    """A list with at least one item."""
    return {"type": "array", "items": items, "minItems": 1}


def _never(args: Args) -> bool:
    return False


def _nothing_secret(args: Args) -> Args:
    return args


def _nothing_seen(command: Command) -> tuple[str, str]:
    return NO_EFFECT, "accepted, but the charge point reported no effect in time"


@dataclass(frozen=True, slots=True)
class CommandType:
    """The properties of a command that do not depend on the version of OCPP.

    `only_connected`: refuse the command if the charger is offline, because later it is useless.

    `effect_within_s` counts from the charger's answer, or from the latest of the arguments
    `effect_after`, which are times.

    `slot(args)` identifies what the command sets: a newer command for the same slot replaces one
    that is still queued. None: commands of this type never replace each other.
    """

    description: str
    args: JsonSchema
    expires_after_s: int = 24 * HOUR_S
    timeout_s: int | None = None  # for the charger's answer; None: CALL_TIMEOUT_S
    only_connected: bool = False
    effect_within_s: int = 120
    effect_after: tuple[str, ...] = ()
    slot: Callable[[Args], Hashable] | None = None
    # Operators may send it as well, not only engineers.
    for_operators: bool = False
    # Staff have to confirm it: it ends a transaction, or changes the charger.
    confirmed: bool = True
    # Staff often send it to many charge points: the list has an action for it.
    for_many: bool = False
    # Its arguments are the request: no version translates it, and only its answer is awaited.
    verbatim: bool = False
    # Each yields a sentence for everything that looks wrong; the command is sent all the same.
    warnings: tuple[Warn, ...] = ()
    # The arguments without secrets, for the database: the same object if there are none.
    redacted: Callable[[Args], Args] = _nothing_secret
    # The argument with the token for which the charger may request authorization.
    asked_about: str = ""
    # Error code and detail if the effect did not come in time.
    why_no_effect: Callable[[Command], tuple[str, str]] = _nothing_seen
    # A charge point executes one at a time: older ones end when a newer one takes effect.
    one_at_a_time: bool = False
    # Whether these arguments make the charge point boot, or send BootNotification.
    asks_for_boot: Callable[[Args], bool] = _never
    # It took effect if the charge point reports another firmware version, whatever status it sent.
    changes_firmware: bool = False
    # Called when the charge point has accepted the command.
    accepted: Callable[[Command], None] | None = None
    # Called when the command was refused or not answered.
    abandon: Callable[[UnitOfWork, Command], None] | None = None

    def cautions(self, charge_point: ChargePoint, args: Args) -> list[str]:
        """The warnings for staff and core; `args` match the schema."""
        return [text for warn in self.warnings for text in warn(charge_point, args)]
