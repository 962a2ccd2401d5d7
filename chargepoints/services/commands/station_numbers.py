"""Ids for objects and requests that the gateway sends to a charge point."""

from collections.abc import Iterable

from chargepoints.database.unit_of_work import take_numbers

LARGEST = 2**31 - 1


def next_number(charge_point_id: int) -> int:
    return take_numbers("request_number", {charge_point_id: 1})[charge_point_id]


def storable(number: float | None) -> int | None:
    """An id that a raw request gives; None if it counts as none, or a column cannot contain it."""
    return int(number) if number is not None and 0 < number <= LARGEST else None


def next_unused_number(charge_point_id: int, taken: Iterable[int]) -> int:
    """A number that is not in `taken`, because an object with the same id would be replaced."""
    known = set(taken)
    while (number := next_number(charge_point_id)) in known:
        pass
    return number
