"""Times that are nearly ISO 8601, as some chargers write them: read where they say one thing."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# The year comes first: of 01/02/2026 nobody knows which is the month.
_WRITTEN = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?:T|\s)\s*"
    r"(?P<hour>\d\d?):(?P<minute>\d\d?)(?::(?P<second>\d\d?)(?:[.,](?P<fraction>\d*))?)?\s*"
    # Some say where they are, some that it is UTC, and some say it twice.
    r"(?:(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?\s*(?P<utc>Z|UTC|GMT|\[UTC\]|\[GMT\])*"
)


LONGEST = 60


def read(text: str) -> datetime:
    """A datetime, naive without a zone. Raises ValueError if it is no time or ambiguous."""
    try:
        if len(text) <= LONGEST:
            return _read(text.strip())
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"no time: {text!r}") from wrong
    raise ValueError("no time is so long")


def _read(text: str) -> datetime:
    found = _WRITTEN.fullmatch(text.upper())
    if found is None:
        # As HTTP and mail write it: `Mon, 30 Nov 2026 08:00:00 GMT`.
        return parsedate_to_datetime(text)
    part = found.groupdict()
    hours, minutes = int(part["hours"] or 0), int(part["minutes"] or 0)
    if part["utc"] and (hours or minutes):
        raise ValueError("both UTC and an offset")
    second = int(part["second"] or 0)
    # A leap second is the second before, and one more.
    leap = timedelta(seconds=1 if second == 60 else 0)
    at = datetime(
        int(part["year"]),
        int(part["month"]),
        int(part["day"]),
        int(part["hour"]),
        int(part["minute"]),
        second - leap.seconds,
        int((part["fraction"] or "")[:6].ljust(6, "0")),
        tzinfo=UTC,
    )
    if part["sign"]:
        offset = timedelta(hours=hours, minutes=minutes)
        at -= offset if part["sign"] == "+" else -offset
    return at + leap if part["sign"] or part["utc"] else (at + leap).replace(tzinfo=None)
