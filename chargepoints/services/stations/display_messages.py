"""The messages on a charge point's display, as it last accepted or reported them."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import DisplayMessage
from chargepoints.services.commands.station_numbers import next_unused_number

_OF_TRANSACTION: PreparedQuery[DisplayMessage] = PreparedQuery(
    lambda charge_point_id, transaction_id: DisplayMessage.objects.filter(
        charge_point_id=charge_point_id, transaction_id=transaction_id
    )
)


@dataclass(frozen=True, slots=True)
class Shown:
    number: int
    content: str
    priority: str
    format: str = ""
    language: str = ""
    # Each: {content, format, language}.
    translations: list[dict[str, str]] = field(default_factory=list)
    state: str = ""
    transaction_id: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None


def store(unit: UnitOfWork, charge_point_id: int, shown: list[Shown], read_at: datetime) -> None:
    for message in shown:
        columns = asdict(message)
        number = columns.pop("number")
        known = DisplayMessage.objects.filter(
            charge_point_id=charge_point_id, number=number
        ).values(*columns)
        if known.first() != columns:
            _emit(unit, charge_point_id, number, shown=True)
        DisplayMessage.objects.update_or_create(
            charge_point_id=charge_point_id,
            number=number,
            defaults={**columns, "read_at": read_at},
        )


def forget(unit: UnitOfWork, charge_point_id: int, number: int) -> None:
    found = DisplayMessage.objects.filter(charge_point_id=charge_point_id, number=number)
    if found.delete()[0]:
        _emit(unit, charge_point_id, number, shown=False)


def forget_older(unit: UnitOfWork, charge_point_id: int, than: datetime) -> None:
    """Delete messages that were not reported since then."""
    _forget_each(unit, charge_point_id, read_at__lt=than)


def transaction_ended(unit: UnitOfWork, charge_point_id: int, transaction_id: str) -> None:
    """2.0.1 O02.FR.02: delete the messages about a transaction when it ends."""
    if _OF_TRANSACTION.exists(charge_point_id, transaction_id):
        _forget_each(unit, charge_point_id, transaction_id=transaction_id)


def _forget_each(unit: UnitOfWork, charge_point_id: int, **criteria: Any) -> None:
    rows = DisplayMessage.objects.filter(charge_point_id=charge_point_id, **criteria)
    for number in list(rows.values_list("number", flat=True)):
        forget(unit, charge_point_id, number)


def free_number(charge_point_id: int) -> int:
    """O06: an unused id, because a message with the same id would be replaced."""
    known = DisplayMessage.objects.filter(charge_point_id=charge_point_id)
    return next_unused_number(charge_point_id, known.values_list("number", flat=True))


def _emit(unit: UnitOfWork, charge_point_id: int, number: int, *, shown: bool) -> None:
    unit.emit(charge_point_id, "display_message.changed", {"id": number, "shown": shown})
