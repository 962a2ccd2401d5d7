"""The device model: variables, their reports, their monitors, and network profiles."""

from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    HOUR_S,
    POSITIVE,
    TEXT,
    CommandType,
    JsonSchema,
    arguments,
    several,
)
from chargepoints.services.commands.command_types.secrets import (
    without_credentials,
    without_secret_values,
)

ATTRIBUTES = ["Actual", "Target", "MinSet", "MaxSet"]
MONITOR_TYPES = ["UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned"]
MONITOR_TYPES += ["TargetDelta", "TargetDeltaRelative"]
INTERFACES = [f"{kind}{n}" for kind in ("Wired", "Wireless") for n in range(4)]
SEVERITY: JsonSchema = {"type": "integer", "minimum": 0, "maximum": 9}

_WHERE: dict[str, JsonSchema] = {
    "component": TEXT,
    "component_instance": TEXT,
    "evse_id": POSITIVE,
    "connector_id": POSITIVE,
    "variable": TEXT,
    "variable_instance": TEXT,
}
_ATTRIBUTE: JsonSchema = {"enum": ATTRIBUTES}
# Of an event stream: it sends values after this interval, or when it has so many.
_PACE: dict[str, JsonSchema] = {"interval_s": COUNT, "values_at_once": COUNT}
_VARIABLE = arguments(("component", "variable"), **_WHERE, attribute=_ATTRIBUTE)
_VALUE = arguments(
    ("component", "variable", "value"), **_WHERE, attribute=_ATTRIBUTE, value={"type": "string"}
)
_COMPONENT = arguments(("component",), **_WHERE)
_MONITOR = arguments(
    ("component", "variable", "type", "value", "severity"),
    **_WHERE,
    id=COUNT,
    type={"enum": MONITOR_TYPES},
    value={"type": "number"},
    severity=SEVERITY,
    transaction={"type": "boolean"},
    stream=arguments(**_PACE) | {"minProperties": 1},
)


def _text(longest: int) -> JsonSchema:
    return TEXT | {"maxLength": longest}


# APNType and VPNType; their secrets are redacted everywhere.
_APN = arguments(
    ("apn", "apn_authentication"),
    apn=_text(2000),
    apn_user_name=_text(50),
    apn_password=_text(64),
    sim_pin=COUNT,
    preferred_network=_text(6),
    use_only_preferred_network={"type": "boolean"},
    apn_authentication={"enum": ["CHAP", "NONE", "PAP", "AUTO"]},
)
_VPN = arguments(
    ("server", "user", "password", "key", "type"),
    server=_text(2000),
    user=_text(50),
    group=_text(50),
    password=_text(64),
    key=_text(255),
    type={"enum": ["IKEv2", "IPSec", "L2TP", "PPTP"]},
)
TYPES: dict[str, CommandType] = {
    "get_variables": CommandType(
        "Read variables of the device model, in as many requests as the charge point needs.",
        arguments(("variables",), variables=several(_VARIABLE)),
        for_operators=True,
        confirmed=False,
    ),
    "set_variables": CommandType(
        "Write variables of the device model, in as many requests as the charge point needs.",
        arguments(("variables",), variables=several(_VALUE)),
        redacted=without_secret_values,
    ),
    "get_custom_report": CommandType(
        "Have the charge point report the components that match the criteria or are listed.",
        arguments(
            criteria=several({"enum": ["active", "available", "enabled", "problem"]}),
            variables=several(_COMPONENT),
        ),
        effect_within_s=HOUR_S,
        for_operators=True,
        confirmed=False,
    ),
    "set_network_profile": CommandType(
        "Store a network profile, with which the charge point can connect, in one of its slots.",
        arguments(
            ("slot", "url", "security_profile"),
            slot=COUNT,
            url=TEXT,
            security_profile={"enum": [1, 2, 3]},
            message_timeout_s=POSITIVE,
            interface={
                "enum": [f"{kind}{n}" for kind in ("Wired", "Wireless") for n in range(4)] + ["Any"]
            },
            identity=_text(48),
            basic_auth_password={"type": "string", "minLength": 16, "maxLength": 64},
            apn=_APN,
            vpn=_VPN,
        ),
        redacted=without_credentials,
    ),
    "set_monitoring": CommandType(
        "Set monitors on variables; with an `id`, it replaces the monitor with this id.",
        arguments(("monitors",), monitors=several(_MONITOR)),
    ),
    "set_monitoring_base": CommandType(
        "Return to one of the charge point's predefined sets of monitors.",
        arguments(("base",), base={"enum": ["all", "factory_default", "hard_wired_only"]}),
    ),
    "set_monitoring_level": CommandType(
        "Have events reported up to this severity; 0 is the most severe.",
        arguments(("severity",), severity=SEVERITY),
    ),
    "get_monitoring_report": CommandType(
        "Have the charge point report its monitors.",
        arguments(
            criteria=several({"enum": ["delta", "periodic", "threshold"]}),
            variables=several(_COMPONENT),
        ),
        effect_within_s=HOUR_S,
        for_operators=True,
        confirmed=False,
    ),
    "get_event_streams": CommandType(
        "Read the open event streams of the charge point.",
        arguments(),
        for_operators=True,
        confirmed=False,
    ),
    "adjust_event_stream": CommandType(
        "Change how often an event stream sends its collected values.",
        arguments(("stream_id",), stream_id=COUNT, **_PACE),
    ),
    "clear_monitoring": CommandType(
        "Remove monitors by their ids.", arguments(("ids",), ids=several(COUNT))
    ),
}
