"""Which commands a user may send to a charge point."""

import re
from typing import Any

from chargepoints import roles
from chargepoints.admin.field_names import in_words
from chargepoints.models import ChargePoint
from chargepoints.protocol.versions import installed_versions
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import can_express, version_of


def may_send(user: Any, type: str) -> bool:
    if user.has_perm(roles.EVERY_COMMAND):
        return True
    return COMMAND_TYPES[type].for_operators and bool(user.has_perm(roles.OPERATE))


def offered(user: Any, *charge_points: ChargePoint) -> list[str]:
    """The types that this user may send and that at least one of the chargers supports."""
    versions = [version_of(charge_point) for charge_point in charge_points]
    return [
        type
        for type in COMMAND_TYPES
        if may_send(user, type)
        and any(version is None or can_express(version, type) for version in versions)
    ]


def profile_purposes(*charge_points: ChargePoint) -> set[str]:
    """The purposes of charging profiles that at least one of the chargers supports."""
    versions = [version_of(charge_point) for charge_point in charge_points]
    spoken = [version for version in versions if version is not None]
    if len(spoken) < len(versions):
        # One of them has never connected: it may have any version.
        spoken = list(installed_versions().values())
    return {purpose for version in spoken for purpose in version.profile_purposes}


def requester(user: Any) -> str:
    """The name of a user as requester of commands."""
    return f"staff:{user.get_username()}"[:150]


def description(type: str) -> str:
    """The description, with names of fields in the form instead of the API's."""
    known = COMMAND_TYPES[type]

    def say(name: re.Match[str]) -> str:
        is_field = name[1] in known.args["properties"]
        return f'"{in_words(name[1])}"' if is_field else name[1].replace("_", " ")

    return re.sub("`([^`]*)`", say, known.description)


def title(type: str) -> str:
    return type.replace("_", " ").capitalize()
