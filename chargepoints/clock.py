"""Times as chargers write them, and as we write them to chargers and to core."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chargepoints.models import TimeQuality

# A charger that has never been told the time starts in 1970 or at its firmware's birthday.
EARLIEST_PLAUSIBLE = datetime(2012, 1, 1, tzinfo=UTC)
BACKFILL_AFTER = timedelta(minutes=10)
FUTURE_AFTER = timedelta(days=1)
# Of a time in seconds, or milliseconds, since 1970: from 2001 to 2286.
SECONDS_DIGITS, MILLISECONDS_DIGITS = 10, 13
# Many chargers tell whole seconds; what comes without a time has ours, which is finer.
PRECISION = timedelta(seconds=1)


def now() -> datetime:
    """The time, without the look at the settings that Django's own costs."""
    return datetime.now(UTC)


class Moment(NamedTuple):
    """When something happened; `deviation` names what was odd about how it was written."""

    at: datetime
    quality: str = TimeQuality.CHARGER
    deviation: str = ""


def read_time(text: object, received_at: datetime) -> Moment:
    """The charger's time, in UTC; where it cannot be meant, the time of receipt, so marked."""
    if not isinstance(text, str) or not text.strip():
        return Moment(received_at, TimeQuality.ESTIMATED, "time_missing")
    try:
        at = _parsed(text)
    except ValueError:
        return Moment(received_at, TimeQuality.ESTIMATED, "time_unreadable")
    deviation = ""
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
        deviation = "time_without_zone"
    if at.tzinfo is not UTC:
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            return Moment(received_at, TimeQuality.ESTIMATED, "time_unreadable")
    if at < EARLIEST_PLAUSIBLE:
        return Moment(received_at, TimeQuality.ESTIMATED, "time_before_clock_was_set")
    if at - received_at > FUTURE_AFTER:
        return Moment(received_at, TimeQuality.ESTIMATED, "time_in_the_future")
    return Moment(at, deviation=deviation)


def _parsed(text: str) -> datetime:
    if text.isascii() and text.isdecimal() and len(text) in (SECONDS_DIGITS, MILLISECONDS_DIGITS):
        # Since 1970, by a charger that writes a number.
        return datetime.fromtimestamp(int(text[:SECONDS_DIGITS]), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text.strip().upper())


def coming_time(text: object) -> datetime | None:
    """A time that lies ahead, such as a departure; None where it cannot be read."""
    try:
        at = datetime.fromisoformat(str(text))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_backfill(at: datetime, received_at: datetime) -> bool:
    """Whether this is old news, replayed after an outage."""
    return received_at - at > BACKFILL_AFTER


def ocpp_time(at: datetime) -> str:
    """As every charger reads it: UTC, whole seconds, Z."""
    # strftime does not pad the year 1, which is what core has for no time at all, if it is .NET.
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:-6]}Z"


def api_time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, with milliseconds."""
    if at is None:
        return None
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"
