"""Smart charging, in neutral units: seconds, A or W, whole EVSEs."""

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
from chargepoints.services.commands.command_types.warnings import about_evse, about_transaction

PURPOSE: JsonSchema = {
    "enum": ["station_max", "default", "transaction", "priority", "local_generation"]
}
UNIT: JsonSchema = {"enum": ["A", "W"]}
_NUMBER: JsonSchema = {"type": "number"}
_PHASES = ("", "_l2", "_l3")
# For all phases, or for one. OCPP 1.6 and 2.0.1 have only `limit`.
SETTINGS: dict[str, JsonSchema] = {
    **{f"limit{phase}": {"type": "number", "minimum": 0} for phase in _PHASES},
    **{f"discharge_limit{phase}": {"type": "number", "maximum": 0} for phase in _PHASES},
    **{f"setpoint{phase}": _NUMBER for phase in _PHASES},
    **{f"setpoint_reactive{phase}": _NUMBER for phase in _PHASES},
}
_CURVE: JsonSchema = {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": 20}
PERIOD: JsonSchema = {
    "type": "object",
    "properties": {
        "start_s": COUNT,
        "phases": {"enum": [1, 2, 3]},
        **SETTINGS,
        "operation_mode": TEXT,
        "preconditioning": {"type": "boolean"},
        "ev_asleep": {"type": "boolean"},
        "v2x_baseline": _NUMBER,
        "v2x_freq_watt_curve": _CURVE,
        "v2x_signal_watt_curve": _CURVE,
    },
    "required": ["start_s"],
    "additionalProperties": False,
}
PROFILE: JsonSchema = {
    "type": "object",
    "description": "JSON: {purpose, kind, stack_level, unit, periods: [{start_s, limit}], ...}",
    "properties": {
        "id": INTEGER,
        "stack_level": COUNT,
        "purpose": PURPOSE,
        "kind": {"enum": ["absolute", "dynamic", "recurring", "relative"]},
        "recurrence": {"enum": ["daily", "weekly"]},
        "valid_from": TIME,
        "valid_to": TIME,
        "transaction_id": TEXT,
        "unit": UNIT,
        "start": TIME,
        "duration_s": COUNT,
        "min_rate": {"type": "number", "minimum": 0},
        "max_offline_s": COUNT,
        "invalid_after_offline": {"type": "boolean"},
        "update_interval_s": COUNT,
        "limit_at_soc": arguments(
            ("soc", "limit"),
            soc={"type": "integer", "minimum": 0, "maximum": 100},
            limit={"type": "number", "minimum": 0},
        ),
        "power_tolerance": _NUMBER,
        "randomized_delay_s": COUNT,
        "use_local_time": {"type": "boolean"},
        "periods": {"type": "array", "items": PERIOD, "minItems": 1},
    },
    "required": ["purpose", "kind", "unit", "periods"],
    "additionalProperties": False,
}


def _profile_slot(args: dict[str, Any]) -> Hashable:
    """An EVSE has one profile for each purpose and stack level: the latest."""
    profile = args["profile"]
    level, transaction_id = profile.get("stack_level", 0), profile.get("transaction_id")
    return args.get("evse_id", 0), profile["purpose"], level, transaction_id


TYPES: dict[str, CommandType] = {
    "set_charging_profile": CommandType(
        "Install a charging profile; `evse_id` 0 means the whole charge point.",
        arguments(("profile",), evse_id=COUNT, profile=PROFILE),
        slot=_profile_slot,
        warnings=(about_evse,),
        for_many=True,
    ),
    "update_limit": CommandType(
        "Change the limit of an EVSE (0: the whole charge point) now. This updates the dynamic "
        "profile with `profile_id` or with the same purpose and stack level. If there is none, it "
        "sets a profile of one period, which the next limit replaces.",
        arguments(
            profile_id=INTEGER,
            evse_id=COUNT,
            purpose=PURPOSE,
            stack_level=COUNT,
            unit=UNIT,
            phases={"enum": [1, 2, 3]},
            **SETTINGS,
        ),
        slot=lambda args: (
            args.get("profile_id"),
            args.get("evse_id", 0),
            args.get("purpose"),
            args.get("stack_level", 0),
        ),
        warnings=(about_evse,),
    ),
    "priority_charging": CommandType(
        "Turn priority charging of a transaction on, or off (`activate` false).",
        arguments(("transaction_id",), transaction_id=TEXT, activate={"type": "boolean"}),
        expires_after_s=300,
        for_operators=True,
        confirmed=False,
        warnings=(about_transaction,),
    ),
    "clear_charging_profile": CommandType(
        "Clear the charging profiles that match all given criteria; without criteria, all.",
        arguments(profile_id=INTEGER, evse_id=COUNT, purpose=PURPOSE, stack_level=COUNT),
    ),
    "get_charging_profiles": CommandType(
        "Have the charge point report the charging profiles that match all given criteria; "
        "without criteria, all.",
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
        "Ask the charge point for the schedule that results from all its profiles.",
        arguments(("duration_s",), evse_id=COUNT, duration_s=POSITIVE, unit=UNIT),
        for_operators=True,
        confirmed=False,
    ),
}
