"""Ids for objects and requests that the gateway sends to a charge point."""

from collections.abc import Iterable

from chargepoints.database.unit_of_work import take_numbers


def next_number(charge_point_id: int) -> int:
    return take_numbers("request_number", {charge_point_id: 1})[charge_point_id]


def next_unused_number(charge_point_id: int, taken: Iterable[int]) -> int:
    """A number that is not in `taken`, because an object with the same id would be replaced."""
    known = set(taken)
    while (number := next_number(charge_point_id)) in known:
        pass
    return number
