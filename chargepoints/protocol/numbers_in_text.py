"""Numbers that chargers write as text."""

import re

_NUMBER = re.compile(r"\s*([+-]?[0-9]*)(?:([.,])([0-9]*))?([eE][+-]?[0-9]{1,5})?\s*")
# So many digits behind a comma may be thousands, too.
_THOUSANDS = 3


def read_number(text: str) -> float | None:
    """None where it is no number, or where it may be two: 1,500 is 1.5 to some, 1500 to others."""
    if text.isascii() and text.replace(".", "", 1).isdecimal():
        return float(text)  # as nearly all of them are
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, separator, fraction, exponent = found.groups("")
    if not (whole.strip("+-") or fraction) or (separator == "," and len(fraction) == _THOUSANDS):
        return None
    return float(f"{whole}.{fraction or 0}{exponent}")
