"""Times that are nearly ISO 8601, as some chargers write them: read where they say one thing."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# The year comes first: of 01/02/2026 nobody knows which is the month.
_WRITTEN = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?:T|\s)\s*"
    r"(?P<hour>\d\d?):(?P<minute>\d\d?)(?::(?P<second>\d\d?)(?:[.,](?P<fraction>\d*))?)?\s*"
    # Some say where they are, some that it is UTC, and some say it twice.
    r"(?:(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?\s*(?P<utc>Z|UTC|GMT|\[UTC\]|\[GMT\])*"
    # Java names the region beside the offset: +02:00[Europe/Berlin].
    r"(?P<region>\[[A-Z][A-Z0-9_/+-]*\])?"
)


# Seconds since 1970, with a fraction.
_COUNTED = re.compile(r"\d{10}\.\d{1,9}")
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
    if _COUNTED.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    found = _WRITTEN.fullmatch(text.upper())
    if found is None:
        # As HTTP and mail write it: `Mon, 30 Nov 2026 08:00:00 GMT`.
        return parsedate_to_datetime(text)
    part = found.groupdict()
    hours, minutes = int(part["hours"] or 0), int(part["minutes"] or 0)
    if part["utc"] and (hours or minutes):
        raise ValueError("both UTC and an offset")
    if part["region"] and not (part["utc"] or part["sign"]):
        raise ValueError("a region without its offset")
    second = int(part["second"] or 0)
    # A leap second is the second before, and one more.
    leap = timedelta(seconds=1 if second == 60 else 0)
    day = int(part["day"])
    if not 0 < day <= 31:
        raise ValueError("no such day")
    # The 29th of a February that has 28 days is the day after the 28th.
    past = timedelta(days=max(0, day - monthrange(int(part["year"]), int(part["month"]))[1]))
    at = past + datetime(
        int(part["year"]),
        int(part["month"]),
        day - past.days,
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
