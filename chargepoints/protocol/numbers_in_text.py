"""Reads numbers that chargers send as text, alone or with their unit."""

import re

_NUMBER = re.compile(r"\s*([+-]?[0-9]*)(?:([.,])([0-9]*))?([eE][+-]?[0-9]{1,5})?\s*")
# With three digits after it, a comma may also separate thousands.
_THOUSANDS = 3
# A number and its unit: 7000 Wh, 7.2kW, 80 %.
_QUANTITY = re.compile(r"([^A-Za-z%\u00b5\u03bc]*[0-9.,])\s*([A-Za-z\u00b5\u03bc]{1,20}|%)\s*")


def read_number(text: str) -> float | None:
    """None if it is no number or ambiguous: 1,500 may mean 1.5 or 1500."""
    if text.isascii() and text.replace(".", "", 1).isdecimal():
        return float(text)  # nearly all numbers
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, separator, fraction, exponent = found.groups("")
    if not (whole.strip("+-") or fraction) or (separator == "," and len(fraction) == _THOUSANDS):
        return None
    return float(f"{whole}.{fraction or 0}{exponent}")


def read_quantity(text: str) -> tuple[float, str] | None:
    """The number and the unit behind it; None if one of them is missing."""
    found = _QUANTITY.fullmatch(text)
    number = read_number(found[1]) if found else None
    return (number, found[2]) if found and number is not None else None
