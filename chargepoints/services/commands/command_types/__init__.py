"""The neutral commands: their arguments, and how long each may wait to be sent.

Arguments are declared as JSON Schema, which the API document publishes. A version app translates
each command into an OCPP request. One module a subject.
"""

from functools import cache
from typing import Any

import jsonschema_rs

from chargepoints.services.commands.command_types import (
    charging,
    control,
    customers,
    device_model,
    energy,
    files,
    lists_and_reservations,
    security,
)
from chargepoints.services.commands.command_types.declaration import CommandType, JsonSchema

__all__ = ["COMMAND_TYPES", "CommandType", "JsonSchema", "check_args"]

COMMAND_TYPES: dict[str, CommandType] = {
    **control.TYPES,
    **charging.TYPES,
    **customers.TYPES,
    **device_model.TYPES,
    **energy.TYPES,
    **files.TYPES,
    **lists_and_reservations.TYPES,
    **security.TYPES,
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
    return jsonschema_rs.validator_for(COMMAND_TYPES[type].args, validate_formats=True)
