"""The gateway's clock, the times that chargers send, and the times that the gateway writes."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson

from chargepoints import time_formats
from chargepoints.models import TimeQuality

TIME_MISSING = "time_missing"
# Plain strings, because database drivers handle them faster than enumeration members.
CHARGER, GATEWAY = str(TimeQuality.CHARGER), str(TimeQuality.GATEWAY)
# A clock that was never set starts in 1970, or at the firmware's build date.
EARLIEST_PLAUSIBLE = datetime(2012, 1, 1, tzinfo=UTC)
# A message about the first hour of a year arrives within this time.
LONG_AGO = timedelta(days=60)
BACKFILL_AFTER = timedelta(minutes=10)
FUTURE_AFTER = timedelta(days=1)
# Lengths of a time in seconds, or milliseconds, since 1970: for 2001 to 2286.
SECONDS_DIGITS, MILLISECONDS_DIGITS = 10, 13
# Many chargers send whole seconds; the gateway's own times are more precise.
PRECISION = timedelta(seconds=1)
# The lengths of 2026-11-20T10:00:00 and 2026-11-20T10:00:00.250.
_SECONDS, _MILLISECONDS = 19, 23


# How far the shared clock of all hosts is ahead of this host's.
_ahead = timedelta(0)


def now() -> datetime:
    """The time, the same on all hosts (`database/shared_clock.py`). Faster than Django's function,
    which reads the settings each time.
    """
    return datetime.now(UTC) + _ahead if _ahead else datetime.now(UTC)


def ahead() -> timedelta:
    return _ahead


def set_ahead(ahead: timedelta) -> None:
    """From now on `now` is this host's time plus `ahead`."""
    global _ahead
    _ahead = ahead


class Moment(NamedTuple):
    """When something happened; `deviation` names a defect of the time's format or value."""

    at: datetime
    quality: str = CHARGER
    deviation: str = ""


def read_time(text: object, received_at: datetime) -> Moment:
    """The charger's time, in UTC; if implausible, the time of receipt, marked as estimated."""
    if not isinstance(text, str) or not text.strip():
        return Moment(received_at, TimeQuality.ESTIMATED, TIME_MISSING)
    deviation = ""
    try:
        at = _parsed(text)
    except ValueError:
        try:
            at, deviation = time_formats.read(text), "time_in_other_form"
        except ValueError:
            return Moment(received_at, TimeQuality.ESTIMATED, "time_unreadable")
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
            deviation = deviation or "time_without_zone"
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            return Moment(received_at, TimeQuality.ESTIMATED, "time_unreadable")
    ahead = at - received_at
    if -ahead > LONG_AGO and _is_a_clock_s_first(at):
        return Moment(received_at, TimeQuality.ESTIMATED, "time_before_clock_was_set")
    if ahead > FUTURE_AFTER:
        return Moment(received_at, TimeQuality.ESTIMATED, "time_in_the_future")
    return Moment(at, deviation=deviation)


def _is_a_clock_s_first(at: datetime) -> bool:
    """Whether the clock was probably never set: many begin at midnight of a New Year."""
    return at < EARLIEST_PLAUSIBLE or (at.month, at.day, at.hour) == (1, 1, 0)


def _parsed(text: str) -> datetime:
    if text.isascii() and text.isdecimal() and len(text) in (SECONDS_DIGITS, MILLISECONDS_DIGITS):
        # Some chargers send the seconds or milliseconds since 1970.
        return datetime.fromtimestamp(int(text[:SECONDS_DIGITS]), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text.strip().upper())


def coming_time(text: object) -> datetime | None:
    """A time in the future, such as a departure; None if it cannot be read."""
    try:
        at = datetime.fromisoformat(str(text))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_backfill(at: datetime, received_at: datetime) -> bool:
    """Whether the message is old: replayed after an outage."""
    return received_at - at > BACKFILL_AFTER


def ocpp_time(at: datetime) -> str:
    """The format that every charger reads: UTC, whole seconds, Z."""
    # strftime does not pad the year 1, which a .NET core sends instead of null.
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:-6]}Z"


def api_time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, with milliseconds."""
    if at is None:
        return None
    text = iso_text(at)
    return f"{text[:_MILLISECONDS]}Z" if len(text) > _SECONDS else f"{text}.000Z"


def iso_text(at: datetime) -> str:
    """ISO 8601 in UTC, without zone; without a fraction if it is zero.

    Python's own method takes five times as long, and each message has several times.
    """
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return orjson.dumps(at, option=orjson.OPT_UTC_Z)[1:-2].decode()
