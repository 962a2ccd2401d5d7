"""Smart charging, in words both versions share: seconds, A or W, whole EVSEs."""

from collections.abc import Hashable
from typing import Any

from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    HOUR_S,
    INTEGER,
    POSITIVE,
    TEXT,
    TIME,
    CommandType,
    JsonSchema,
    arguments,
    several,
)
from chargepoints.services.commands.command_types.warnings import about_evse

PURPOSE: JsonSchema = {"enum": ["station_max", "default", "transaction"]}
UNIT: JsonSchema = {"enum": ["A", "W"]}
PERIOD: JsonSchema = {
    "type": "object",
    "properties": {
        "start_s": COUNT,
        "limit": {"type": "number", "minimum": 0},
        "phases": {"enum": [1, 2, 3]},
    },
    "required": ["start_s", "limit"],
    "additionalProperties": False,
}
PROFILE: JsonSchema = {
    "type": "object",
    "description": "JSON: {purpose, kind, stack_level, unit, periods: [{start_s, limit}], ...}",
    "properties": {
        "id": INTEGER,
        "stack_level": COUNT,
        "purpose": PURPOSE,
        "kind": {"enum": ["absolute", "recurring", "relative"]},
        "recurrence": {"enum": ["daily", "weekly"]},
        "valid_from": TIME,
        "valid_to": TIME,
        "transaction_id": TEXT,
        "unit": UNIT,
        "start": TIME,
        "duration_s": COUNT,
        "min_rate": {"type": "number", "minimum": 0},
        "periods": {"type": "array", "items": PERIOD, "minItems": 1},
    },
    "required": ["purpose", "kind", "unit", "periods"],
    "additionalProperties": False,
}


def _profile_slot(args: dict[str, Any]) -> Hashable:
    """Of one purpose there is one profile on each level of an EVSE, the latest."""
    profile = args["profile"]
    level, transaction_id = profile.get("stack_level", 0), profile.get("transaction_id")
    return args.get("evse_id", 0), profile["purpose"], level, transaction_id


TYPES: dict[str, CommandType] = {
    "set_charging_profile": CommandType(
        "Install a charging profile; `evse_id` 0 is the charge point as a whole.",
        arguments(("profile",), evse_id=COUNT, profile=PROFILE),
        slot=_profile_slot,
        warnings=(about_evse,),
    ),
    "clear_charging_profile": CommandType(
        "Clear the charging profiles that all given criteria fit; none given: all of them.",
        arguments(profile_id=INTEGER, evse_id=COUNT, purpose=PURPOSE, stack_level=COUNT),
    ),
    "get_charging_profiles": CommandType(
        "Have the charge point report the charging profiles that all given criteria fit; "
        "none given: all of them.",
        arguments(
            profile_ids=several(INTEGER),
            evse_id=COUNT,
            purpose={"enum": [*PURPOSE["enum"], "external"]},
            stack_level=COUNT,
            sources=several({"enum": ["ems", "other", "so", "cso"]}),
        ),
        effect_within_s=HOUR_S,
        for_operators=True,
        confirmed=False,
    ),
    "get_composite_schedule": CommandType(
        "Ask what the charge point makes of all its profiles.",
        arguments(("duration_s",), evse_id=COUNT, duration_s=POSITIVE, unit=UNIT),
        for_operators=True,
        confirmed=False,
    ),
}
