"""Numbers from stations, checked against the range of the database columns."""

from chargepoints.protocol.inbound import Inbound

# An integer has 32 bits (part 2, primitive datatypes).
SMALLEST = -(2**31)
LARGEST = 2**31 - 1


def place(inbound: Inbound, number: int | None) -> int | None:
    """The id of an EVSE or connector; None if it is 0, missing or out of range."""
    if not number:
        return None
    if 0 < number <= LARGEST:
        return number
    inbound.deviate("odd_evse")
    return None


def numbered(inbound: Inbound, number: int | None, name: str) -> int | None:
    """An id that the gateway issued; None if it is missing or out of range."""
    if number is None or 0 <= number <= LARGEST:
        return number
    inbound.deviate(f"odd_{name}")
    return None


def clipped(number: int, smallest: int = SMALLEST) -> int:
    """The nearest number that fits into a column; the trace keeps the original."""
    return max(smallest, min(number, LARGEST))


def decimal(value: float) -> float:
    """A decimal for a station: at most six decimal places (part 2, primitive datatypes)."""
    return round(float(value), 6)
