"""Reads times that are almost ISO 8601, as some chargers send them, if they are unambiguous."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# The year comes first, or the day with dots behind it: in 01/02/2026 the month is ambiguous.
_WRITTEN = re.compile(
    r"(?P<date>\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?\.\d\d?\.\d{4})(?:T|\s)\s*"
    r"(?P<hour>\d\d?):(?P<minute>\d\d?)(?::(?P<second>\d\d?)(?:[.,](?P<fraction>\d*))?)?\s*"
    # Some send an offset, some UTC, and some both.
    r"(?:(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?\s*(?P<utc>Z|UTC|GMT|\[UTC\]|\[GMT\])*"
    # Java appends the region to the offset: +02:00[Europe/Berlin].
    r"(?P<region>\[[A-Z][A-Z0-9_/+-]*\])?"
)


# Seconds since 1970, with a fraction.
_COUNTED = re.compile(r"\d{10}\.\d{1,9}")
LONGEST = 60


def read(text: str) -> datetime:
    """A datetime, naive if it has no zone. Raises ValueError if unreadable or ambiguous."""
    try:
        if len(text) <= LONGEST:
            return _read(text.strip())
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"no time: {text!r}") from wrong
    raise ValueError("no time is so long")


def _read(text: str) -> datetime:
    if _COUNTED.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    found = _WRITTEN.fullmatch(text.upper())
    if found is None:
        # The format of HTTP and mail: `Mon, 30 Nov 2026 08:00:00 GMT`.
        return parsedate_to_datetime(text)
    part = found.groupdict()
    hours, minutes = int(part["hours"] or 0), int(part["minutes"] or 0)
    if part["utc"] and (hours or minutes):
        raise ValueError("both UTC and an offset")
    if part["region"] and not (part["utc"] or part["sign"]):
        raise ValueError("a region without its offset")
    second = int(part["second"] or 0)
    # A leap second is read as the second before it, plus one.
    leap = timedelta(seconds=1 if second == 60 else 0)
    year, month, day = map(int, re.split(r"[-/.]", part["date"]))
    if not part["date"][:4].isdecimal():
        year, day = day, year
    if not 0 < day <= 31:
        raise ValueError("no such day")
    # ISO 8601: 24:00:00 is the end of the day.
    midnight = int(part["hour"]) == 24 and not (int(part["minute"]) or second)
    # 29 February of a common year is read as the day after the 28th.
    past = timedelta(days=max(0, day - monthrange(year, month)[1]))
    at = (
        past
        + timedelta(days=midnight)
        + datetime(
            year,
            month,
            day - past.days,
            0 if midnight else int(part["hour"]),
            int(part["minute"]),
            second - leap.seconds,
            int((part["fraction"] or "")[:6].ljust(6, "0")),
            tzinfo=UTC,
        )
    )
    if part["sign"]:
        offset = timedelta(hours=hours, minutes=minutes)
        at -= offset if part["sign"] == "+" else -offset
    return at + leap if part["sign"] or part["utc"] else (at + leap).replace(tzinfo=None)
