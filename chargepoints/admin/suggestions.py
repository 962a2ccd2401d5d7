"""Values to pick from in a command's form: what this charge point is known to have."""

from collections.abc import Callable

from chargepoints.admin import live
from chargepoints.models import ChargePoint
from chargepoints.services.commands import submission
from chargepoints.services.commands.command_types import COMMAND_TYPES


def suggestions(charge_point: ChargePoint, type: str) -> dict[str, list[str]]:
    """By the name of the argument; only for arguments that this command type has."""
    arguments = COMMAND_TYPES[type].args["properties"]
    return {name: values(charge_point) for name, values in _KNOWN.items() if name in arguments}


def _transactions(charge_point: ChargePoint) -> list[str]:
    return [row.transaction_id for row in live.open_transactions(charge_point)]


def _evses(charge_point: ChargePoint) -> list[str]:
    return [str(number) for number in charge_point.evses.values_list("evse_id", flat=True)]


def _keys(charge_point: ChargePoint) -> list[str]:
    return sorted({variable.key for variable in charge_point.variables.all()})


def _actions(charge_point: ChargePoint) -> list[str]:
    version = submission.version_of(charge_point)
    return sorted(version.csms_actions) if version else []


def _triggered(charge_point: ChargePoint) -> list[str]:
    version = submission.version_of(charge_point)
    return sorted(version.triggered) if version else []


_KNOWN: dict[str, Callable[[ChargePoint], list[str]]] = {
    "action": _actions,
    "evse_id": _evses,
    "key": _keys,
    "message": _triggered,
    "transaction_id": _transactions,
}
