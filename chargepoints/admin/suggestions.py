"""Values to pick from in a command's form: those known of these charge points."""

from collections.abc import Callable, Sequence

from chargepoints.admin import live
from chargepoints.models import ChargePoint, FirmwareFile
from chargepoints.services.commands import submission
from chargepoints.services.commands.command_types import COMMAND_TYPES

MOST_FILES = 50


def suggestions(charge_points: Sequence[ChargePoint], type: str) -> dict[str, list[str]]:
    """By argument, for the arguments of this command type."""
    arguments = COMMAND_TYPES[type].args["properties"]
    return {
        name: list(dict.fromkeys(value for each in charge_points for value in values(each)))
        for name, values in _KNOWN.items()
        if name in arguments
    }


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


def _firmware(charge_point: ChargePoint) -> list[str]:
    return list(FirmwareFile.objects.values_list("name", flat=True)[:MOST_FILES])


_KNOWN: dict[str, Callable[[ChargePoint], list[str]]] = {
    "action": _actions,
    "evse_id": _evses,
    "firmware": _firmware,
    "key": _keys,
    "message": _triggered,
    "transaction_id": _transactions,
}
