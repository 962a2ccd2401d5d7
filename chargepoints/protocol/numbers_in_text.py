"""Reads numbers that chargers send as text."""

import re

_NUMBER = re.compile(r"\s*([+-]?[0-9]*)(?:([.,])([0-9]*))?([eE][+-]?[0-9]{1,5})?\s*")
# With three digits after it, a comma may also separate thousands.
_THOUSANDS = 3


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
