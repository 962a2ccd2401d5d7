"""The messages on a charge point's display, as it took or reported them last."""

from dataclasses import asdict, dataclass
from datetime import datetime

from chargepoints.models import DisplayMessage
from chargepoints.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Shown:
    number: int
    content: str
    priority: str
    state: str = ""
    transaction_id: str = ""


def store(unit: UnitOfWork, charge_point_id: int, shown: list[Shown], read_at: datetime) -> None:
    for message in shown:
        columns = asdict(message)
        number = columns.pop("number")
        known = DisplayMessage.objects.filter(
            charge_point_id=charge_point_id, number=number
        ).values(*columns)
        if known.first() != columns:
            _tell(unit, charge_point_id, number, shown=True)
        DisplayMessage.objects.update_or_create(
            charge_point_id=charge_point_id,
            number=number,
            defaults={**columns, "read_at": read_at},
        )


def forget(unit: UnitOfWork, charge_point_id: int, number: int) -> None:
    found = DisplayMessage.objects.filter(charge_point_id=charge_point_id, number=number)
    if found.delete()[0]:
        _tell(unit, charge_point_id, number, shown=False)


def forget_all(unit: UnitOfWork, charge_point_id: int) -> None:
    for message in DisplayMessage.objects.filter(charge_point_id=charge_point_id):
        forget(unit, charge_point_id, message.number)


def _tell(unit: UnitOfWork, charge_point_id: int, number: int, *, shown: bool) -> None:
    unit.emit(charge_point_id, "display_message.changed", {"id": number, "shown": shown})
