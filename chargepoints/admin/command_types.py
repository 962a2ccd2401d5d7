"""Which commands a member of staff may send to a charge point."""

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
    """The types this person may send that the version of one of the chargers can express."""
    versions = [version_of(charge_point) for charge_point in charge_points]
    return [
        type
        for type in COMMAND_TYPES
        if may_send(user, type)
        and any(version is None or can_express(version, type) for version in versions)
    ]


def profile_purposes(*charge_points: ChargePoint) -> set[str]:
    """What a charging profile may be for, in the version of one of the chargers at least."""
    versions = [version_of(charge_point) for charge_point in charge_points]
    spoken = [version for version in versions if version is not None]
    if len(spoken) < len(versions):
        # One of them has never come: it may speak any version.
        spoken = list(installed_versions().values())
    return {purpose for version in spoken for purpose in version.profile_purposes}


def requester(user: Any) -> str:
    """Who asked, as commands name a member of staff."""
    return f"staff:{user.get_username()}"[:150]


def description(type: str) -> str:
    """In the words of the form, where the API has names: `evse_id` is its field "EVSE ID"."""
    known = COMMAND_TYPES[type]

    def say(name: re.Match[str]) -> str:
        is_field = name[1] in known.args["properties"]
        return f'"{in_words(name[1])}"' if is_field else name[1].replace("_", " ")

    return re.sub("`([^`]*)`", say, known.description)


def title(type: str) -> str:
    return type.replace("_", " ").capitalize()
