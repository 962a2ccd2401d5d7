"""I07 to I12: the tariffs of the station, which core defines."""

from collections.abc import Iterator

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Tariff
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
    accepting,
)
from chargepoints.services.stations import tariffs
from chargepoints.services.transactions import shared_ids
from ocpp_v201 import numbers

_KIND = {"DefaultTariff": Tariff.Kind.DEFAULT, "DriverTariff": Tariff.Kind.DRIVER}


def set_default(unit: UnitOfWork, command: Command) -> Payload:
    return {"evseId": command.args.get("evse_id", 0), "tariff": command.args["tariff"]}


def record_default(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] == "Accepted":
        tariffs.set_default(command.charge_point_id, asked["evseId"], asked["tariff"], clock.now())


def get_tariffs(unit: UnitOfWork, command: Command) -> Payload:
    return {"evseId": command.args.get("evse_id", 0)}


def record_list(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] not in ("Accepted", "NoTariff"):
        return
    assigned = response.get("tariffAssignments") or []
    evse_id = (command.request or {})["evseId"]
    found = [each for assignment in assigned for each in _places(assignment, evse_id)]
    tariffs.listed(command.charge_point_id, evse_id, found, clock.now())
    command.result = {"tariffs": assigned}


def _places(assignment: Payload, evse_id: int) -> Iterator[tuple[int, str, str]]:
    kind = _KIND.get(assignment["tariffKind"], Tariff.Kind.DEFAULT)
    for place in assignment.get("evseIds") or [evse_id]:
        yield numbers.clipped(place, 0), assignment["tariffId"][:60], str(kind)


def clear_tariffs(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    named = {"tariffIds": "tariff_ids", "evseId": "evse_id"}
    return {ocpp: args[name] for ocpp, name in named.items() if name in args}


def conclude_clear(command: Command, response: Payload) -> Conclusion:
    """Accepted if all existing tariffs were removed; else the first rejection."""
    results = response["clearTariffsResult"]
    refused = [each["status"] for each in results if each["status"] == "Rejected"]
    if not refused:
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=refused[0])


def record_clear(unit: UnitOfWork, command: Command, response: Payload) -> None:
    results: list[Payload] = response["clearTariffsResult"]
    gone = [each["tariffId"] for each in results if "tariffId" in each and _is_gone(each)]
    evse_id = (command.request or {}).get("evseId", 0)
    tariffs.forget(command.charge_point_id, evse_id, gone)


def _is_gone(result: Payload) -> bool:
    return result["status"] in ("Accepted", "NoTariff")


def change_tariff(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    return {"transactionId": shared_ids.sent(args["transaction_id"]), "tariff": args["tariff"]}


BLOCK = Block(
    commands={
        "set_default_tariff": CommandTranslation("SetDefaultTariff", set_default),
        "get_tariffs": CommandTranslation("GetTariffs", get_tariffs),
        "clear_tariffs": CommandTranslation("ClearTariffs", clear_tariffs),
        "change_tariff": CommandTranslation("ChangeTransactionTariff", change_tariff),
    },
    responses={
        "SetDefaultTariff": ResponseReading(record=record_default),
        # I09: NoTariff means that there is none.
        "GetTariffs": ResponseReading(accepting("Accepted", "NoTariff"), record_list),
        "ClearTariffs": ResponseReading(conclude_clear, record_clear),
    },
)
