"""Which commands a member of staff may send to a charge point, and which ask twice."""

from typing import Any

from chargepoints import roles
from chargepoints.models import ChargePoint
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import version_of

# What daily support needs. A type that is not named here is for engineers.
FOR_OPERATORS = frozenset(
    {
        "start",
        "stop",
        "unlock",
        "trigger",
        "get_configuration",
        "get_report",
        "get_custom_report",
        "get_variables",
        "get_transaction_status",
        "get_monitoring_report",
        "get_display_messages",
        "get_local_list_version",
        "get_composite_schedule",
        "get_charging_profiles",
        "get_certificates",
        "get_diagnostics",
        "get_log",
        "reserve",
        "cancel_reservation",
    }
)

# What neither ends a transaction nor changes the charger. Everything else is asked twice.
SENT_AT_ONCE = FOR_OPERATORS - {"stop", "unlock"}


def may_send(user: Any, type: str) -> bool:
    if user.has_perm(roles.EVERY_COMMAND):
        return True
    return type in FOR_OPERATORS and bool(user.has_perm(roles.OPERATE))


def offered(user: Any, charge_point: ChargePoint) -> list[str]:
    """The types this person may send that the charger's version can express."""
    version = version_of(charge_point)
    return [
        type
        for type in COMMAND_TYPES
        if may_send(user, type) and (version is None or type == "raw" or type in version.commands)
    ]


def title(type: str) -> str:
    return type.replace("_", " ").capitalize()
