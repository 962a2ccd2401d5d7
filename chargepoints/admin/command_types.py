"""Which commands a member of staff may send to a charge point."""

from typing import Any

from chargepoints import roles
from chargepoints.models import ChargePoint
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import can_express, version_of


def may_send(user: Any, type: str) -> bool:
    if user.has_perm(roles.EVERY_COMMAND):
        return True
    return COMMAND_TYPES[type].for_operators and bool(user.has_perm(roles.OPERATE))


def offered(user: Any, charge_point: ChargePoint) -> list[str]:
    """The types this person may send that the charger's version can express."""
    version = version_of(charge_point)
    return [
        type
        for type in COMMAND_TYPES
        if may_send(user, type) and (version is None or can_express(version, type))
    ]


def title(type: str) -> str:
    return type.replace("_", " ").capitalize()
