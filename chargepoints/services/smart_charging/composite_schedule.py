"""The composite schedule of several charging profiles, as a charge point should compute it.

1.6 3.13.3 and 2.0.1 K01: for each purpose, the highest stack level with a period at the moment
applies; a transaction's profile overrules the default; the station's maximum and all external
limits apply in addition. Pure: no database, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chargepoints.models import ChargingProfile

Purpose = ChargingProfile.Purpose

VOLTS = 230.0
# Long enough for all users; a recurring schedule has no end.
LONGEST = timedelta(days=31)
DAY = timedelta(days=1)
RECURS_AFTER = {"daily": DAY, "weekly": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Installed:
    """`profile` has the form of the command `set_charging_profile`."""

    evse_id: int
    installed_at: datetime
    profile: dict[str, Any]

    @property
    def rank(self) -> tuple[int, int]:
        """On the same level, an EVSE's profile overrules the station's (2.0.1 K01.FR.31)."""
        return self.profile.get("stack_level", 0), self.evse_id


@dataclass(frozen=True, slots=True)
class Limit:
    """From `start_s` on; `limit` None: no limit."""

    start_s: int
    limit: float | None
    phases: int | None = None


def compute(
    profiles: Sequence[Installed],
    *,
    start: datetime,
    duration_s: int,
    unit: str,
    charging_since: datetime | None = None,
) -> list[Limit]:
    """The limits from `start` on, for at most `LONGEST`, in `unit` (A or W).

    `charging_since`: the start of the transaction, from which relative profiles count.
    """
    since = charging_since or start
    end = start + min(timedelta(seconds=duration_s), LONGEST)
    moments = {start}
    for installed in profiles:
        moments |= {at for at in _changes(installed.profile, since, start, end) if start < at < end}
    limits: list[Limit] = []
    for at in sorted(moments):
        limit, phases = _limit_at(profiles, at, since, unit)
        start_s = int((at - start).total_seconds())
        if not limits or (limits[-1].limit, limits[-1].phases) != (limit, phases):
            limits.append(Limit(start_s, limit, phases))
    return limits


def total(of_evses: Sequence[list[Limit]], of_station: list[Limit]) -> list[Limit]:
    """The sum of all EVSEs, within the limits of the station (1.6 5.7, 2.0.1 K08.FR.03)."""
    limits: list[Limit] = []
    for start_s in sorted({limit.start_s for each in (*of_evses, of_station) for limit in each}):
        shares = [limit_from(each, start_s) for each in of_evses]
        together = None if None in shares else sum(share for share in shares if share is not None)
        found = [each for each in (together, limit_from(of_station, start_s)) if each is not None]
        limit = min(found, default=None)
        if not limits or limits[-1].limit != limit:
            limits.append(Limit(start_s, limit))
    return limits


def limit_from(limits: Sequence[Limit], start_s: int) -> float | None:
    """The limit at this moment of a schedule."""
    begun = [each for each in limits if each.start_s <= start_s]
    return begun[-1].limit if begun else None


def _limit_at(
    profiles: Sequence[Installed], at: datetime, since: datetime, unit: str
) -> tuple[float | None, int | None]:
    # Each external limit has its own source, and applies whatever the others allow.
    outside = [[each] for each in profiles if each.profile["purpose"] == Purpose.EXTERNAL]
    in_force = [
        _prevailing(_of(profiles, Purpose.TRANSACTION), at, since)
        or _prevailing(_of(profiles, Purpose.DEFAULT), at, since),
        _prevailing(_of(profiles, Purpose.STATION_MAX), at, since),
        *(_prevailing(each, at, since) for each in outside),
    ]
    found = [each for each in in_force if each is not None]
    # 2.0.1 K, 3.7 (errata 2025-01): the lowest number of phases applies to all.
    phases = min((each.phases for each in found if each.phases is not None), default=None)
    limits = [
        in_unit(each.limit, each.unit, unit, phases) for each in found if each.limit is not None
    ]
    return min(limits, default=None), phases


@dataclass(frozen=True, slots=True)
class _Said:
    """`limit` None: the profile that applies sets no limit."""

    limit: float | None
    unit: str
    phases: int | None


def _of(profiles: Iterable[Installed], purpose: str) -> list[Installed]:
    return [each for each in profiles if each.profile["purpose"] == purpose]


def _prevailing(candidates: Iterable[Installed], at: datetime, since: datetime) -> _Said | None:
    for installed in sorted(candidates, key=lambda each: each.rank, reverse=True):
        if (period := _period_at(installed.profile, at, since)) is not None:
            return _Said(period.get("limit"), installed.profile["unit"], period.get("phases"))
    return None


def _period_at(profile: dict[str, Any], at: datetime, since: datetime) -> dict[str, Any] | None:
    if not _is_valid(profile, at):
        return None
    offset = (at - _schedule_start(profile, at, since)).total_seconds()
    duration = profile.get("duration_s")
    if offset < 0 or (duration is not None and offset >= duration):
        return None
    begun = [period for period in profile["periods"] if period["start_s"] <= offset]
    return max(begun, key=lambda period: period["start_s"], default=None)


def _is_valid(profile: dict[str, Any], at: datetime) -> bool:
    valid_from, valid_to = _time(profile, "valid_from"), _time(profile, "valid_to")
    return (valid_from is None or valid_from <= at) and (valid_to is None or at < valid_to)


def _schedule_start(profile: dict[str, Any], at: datetime, since: datetime) -> datetime:
    """The start of the schedule's occurrence that covers `at`."""
    start = _time(profile, "start")
    if profile["kind"] == "relative" or start is None:
        return since
    # 2.0.1 K01.FR.30: a schedule with a later start recurs from that start on.
    if profile["kind"] == "recurring" and start <= at:
        every = RECURS_AFTER.get(profile.get("recurrence", "daily"), DAY)
        return start + (at - start) // every * every
    return start


def _changes(
    profile: dict[str, Any], since: datetime, start: datetime, end: datetime
) -> Iterable[datetime]:
    """The moments at which this profile may change its limit; those in the window at least."""
    yield from (at for at in (_time(profile, "valid_from"), _time(profile, "valid_to")) if at)
    every = RECURS_AFTER.get(profile.get("recurrence", "daily"), DAY)
    begun = _schedule_start(profile, start, since)
    while begun < end:
        yield begun
        for period in profile["periods"]:
            yield begun + timedelta(seconds=period["start_s"])
        if "duration_s" in profile:
            yield begun + timedelta(seconds=profile["duration_s"])
        if profile["kind"] != "recurring":
            return
        begun += every


def in_unit(limit: float, unit: str, wanted: str, phases: int | None) -> float:
    if unit == wanted:
        return float(limit)
    # 1.6 7.12: the default is three phases.
    watts_per_ampere = VOLTS * (phases or 3)
    value = limit * watts_per_ampere if wanted == "W" else limit / watts_per_ampere
    return round(value, 1)


def _time(profile: dict[str, Any], name: str) -> datetime | None:
    text = profile.get(name)
    return datetime.fromisoformat(text) if text else None
