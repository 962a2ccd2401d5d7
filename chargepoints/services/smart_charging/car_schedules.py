"""Schedules for cars that report their needs (ISO 15118), within the limits in force."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from chargepoints.clock import api_time
from chargepoints.models import ChargePoint, ChargingProfile, Command, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import composite_schedule, expected_schedule
from chargepoints.services.smart_charging.composite_schedule import Installed, Limit
from chargepoints.services.transactions import lifecycle, lookup

REQUESTED_BY = "gateway:car schedule"
USUAL = timedelta(days=1)
LONGEST = timedelta(days=7)
# Defaults if neither the car nor a profile has a limit: a Type 2 cable and most posts allow this.
UNLIMITED = {"A": 32.0, "W": 22_000.0}
TOLERANCE = 0.1
# Clocks differ, and cars answer late: an overlap of periods up to this length is ignored.
SLACK_S = 10
# A car may begin with its whole schedule so much later than planned.
BEGINS_WITHIN = timedelta(minutes=5)
# How often the same profile is sent again.
MOST_REPETITIONS = 3


@dataclass(frozen=True, slots=True)
class Needs:
    """`unit`: A or W; `most`: the car's maximum; `most_periods`: the number that it can read."""

    evse_id: int
    unit: str
    most: float | None
    energy_wh: float | None
    departs_at: datetime | None
    most_periods: int | None


def plan(inbound: Inbound, needs: Needs) -> bool:
    """Send the car's transaction a profile.

    False if there is no open transaction, or if no profile follows from the needs.
    """
    row = lookup.open_on(inbound.station.id, needs.evse_id)
    if row is None:
        return False
    until = needs.departs_at or inbound.received_at + USUAL
    stays = min(until - inbound.received_at, LONGEST)
    duration_s = max(int(stays.total_seconds()), 60)
    limits = expected_schedule.expected(
        inbound.station.id,
        needs.evse_id,
        inbound.received_at,
        duration_s,
        needs.unit,
        of_transaction=_asked_for(row, needs.evse_id),
    )
    periods = _shortened(_periods(limits, needs.unit, needs.most), needs.most_periods)
    start = inbound.received_at
    profile = _profile(row, start, duration_s, unit=needs.unit, periods=periods)
    if not _submit(inbound, needs.evse_id, profile):
        return False
    inbound.emit(
        "transaction.updated",
        lifecycle.describe(row)
        | {
            "charging_needs": {
                "unit": needs.unit,
                "most": needs.most,
                "energy_wh": needs.energy_wh,
                "departs_at": api_time(needs.departs_at),
            },
        },
    )
    return True


def check(
    inbound: Inbound,
    evse_id: int,
    time_base: object,
    schedule: dict[str, Any],
    *,
    most_periods: int | None,
) -> bool:
    """Whether the car's own schedule stays within the one that was sent; if not, send that again.

    K15.FR.11, K16.FR.06, K17.FR.11: only the schedule of the CSMS counts.
    """
    periods, unit = schedule["periods"], schedule["unit"]
    if not periods:
        return False
    row = lookup.open_on(inbound.station.id, evse_id)
    sent = _profile_sent(inbound.station.id, evse_id, row)
    start = inbound.time(time_base).at
    lasts_s = schedule.get("duration_s") or _rest_s(sent, start)
    duration_s = max(lasts_s, periods[-1]["start_s"] + 1)
    if sent is not None:
        if any(_keep_within(periods, each) for each in _sent(sent, start, duration_s, unit)):
            return True
        _send_again(inbound, evse_id, sent.profile)
        return False
    limits = expected_schedule.expected(inbound.station.id, evse_id, start, duration_s, unit)
    if _keep_within(periods, limits):
        return True
    if row is not None:
        anew = _shortened(_periods(limits, unit, None), most_periods)
        _submit(inbound, evse_id, _profile(row, start, duration_s, unit=unit, periods=anew))
    return False


def _profile_sent(charge_point_id: int, evse_id: int, row: Transaction | None) -> Installed | None:
    """The profile of the open transaction: the one that the station has yet to answer, since some
    report the car's schedule first, else the one that it accepted.
    """
    named = [] if row is None else [row.transaction_id]
    unanswered = Command.objects.filter(
        charge_point_id=charge_point_id,
        type="set_charging_profile",
        state=Command.State.SENT,
        args__evse_id=evse_id,
        args__profile__transaction_id__in=named,
    ).order_by("-created_at")
    if (command := unanswered.first()) is not None:
        return Installed(evse_id, command.created_at, command.args["profile"])
    accepted = ChargingProfile.objects.filter(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        purpose=ChargingProfile.Purpose.TRANSACTION,
    )
    if row is not None:
        accepted = accepted.filter(transaction_id__in=["", *named])
    found = accepted.first()
    if found is None:
        return None
    return Installed(found.evse_id, found.installed_at, found.profile)


def _sent(sent: Installed, start: datetime, duration_s: int, unit: str) -> Iterator[list[Limit]]:
    """The limits that were sent, from `start` on: by the clock, and shifted for a car that began
    with the schedule a moment later than planned.
    """
    planned = datetime.fromisoformat(sent.profile.get("start") or api_time(start) or "")
    for begin in {start, planned} if abs(start - planned) <= BEGINS_WITHIN else {start}:
        yield composite_schedule.compute([sent], start=begin, duration_s=duration_s, unit=unit)


def _keep_within(periods: list[dict[str, Any]], limits: list[Limit]) -> bool:
    return all(_within(each, periods[n + 1 : n + 2], limits) for n, each in enumerate(periods))


def _send_again(inbound: Inbound, evse_id: int, profile: dict[str, Any]) -> None:
    """K15.FR.13: send the profile again, up to MOST_REPETITIONS times without a change."""
    latest = Command.objects.filter(
        charge_point_id=inbound.station.id,
        type="set_charging_profile",
        requested_by=REQUESTED_BY,
        args__profile__transaction_id=profile.get("transaction_id"),
    ).order_by("-created_at")[:MOST_REPETITIONS]
    same = [each for each in latest if each.args["profile"] == profile]
    if len(same) == MOST_REPETITIONS:
        inbound.deviate("car_schedule_beyond_limits")
    else:
        _submit(inbound, evse_id, profile)


def _rest_s(sent: Installed | None, start: datetime) -> int:
    """How long the limits last for a schedule without a duration."""
    profile = sent.profile if sent else {}
    if "start" not in profile or "duration_s" not in profile:
        return int(USUAL.total_seconds())
    until = datetime.fromisoformat(profile["start"]) + timedelta(seconds=profile["duration_s"])
    return max(int((until - start).total_seconds()), 1)


def _profile(row: Transaction, start: datetime, duration_s: int, **schedule: Any) -> dict[str, Any]:
    return {
        "purpose": str(ChargingProfile.Purpose.TRANSACTION),
        "kind": "absolute",
        "transaction_id": row.transaction_id,
        "start": api_time(start),
        "duration_s": duration_s,
        **schedule,
    }


def _periods(limits: list[Limit], unit: str, most: float | None) -> list[dict[str, Any]]:
    most = most or UNLIMITED[unit]
    # A limit that lasted less than a second begins at the same time as the next one.
    by_start = {
        limit.start_s: {
            "start_s": limit.start_s,
            "limit": most if limit.limit is None else min(limit.limit, most),
        }
        | ({"phases": limit.phases} if limit.phases else {})
        for limit in limits
    }
    return list(by_start.values())


def _shortened(periods: list[dict[str, Any]], most: int | None) -> list[dict[str, Any]]:
    """At most `most` periods: the last one has the lowest limit of the rest."""
    if most is None or len(periods) <= most:
        return periods
    rest = periods[most - 1 :]
    lowest = min(rest, key=lambda period: float(period["limit"]))
    return [*periods[: most - 1], {**lowest, "start_s": rest[0]["start_s"]}]


def _within(period: dict[str, Any], following: list[dict[str, Any]], limits: list[Limit]) -> bool:
    """Whether the period respects all limits that are in force during it."""
    ends = following[0]["start_s"] if following else None
    for place, limit in enumerate(limits):
        limit_ends = limits[place + 1].start_s if place + 1 < len(limits) else None
        overlaps = (ends is None or limit.start_s + SLACK_S < ends) and (
            limit_ends is None or limit_ends > period["start_s"] + SLACK_S
        )
        most, said = limit.limit, period.get("limit")
        too_much = most is not None and said is not None and said > most + TOLERANCE
        if overlaps and too_much:
            return False
    return True


def _asked_for(row: Transaction, evse_id: int) -> list[Installed]:
    """The profile that core or staff sent for this transaction, which limits the plan.

    The plan replaces it on the station (2.0.1 K01.FR.39).
    """
    of_transaction = ChargingProfile.objects.filter(
        charge_point_id=row.charge_point_id,
        evse_id=evse_id,
        purpose=ChargingProfile.Purpose.TRANSACTION,
    )
    asked = Command.objects.filter(
        Q(type="set_charging_profile", args__profile__transaction_id=row.transaction_id)
        | Q(type="start", transaction=row, args__has_key="charging_profile"),
        charge_point_id=row.charge_point_id,
        state__in=[Command.State.ACCEPTED, Command.State.EFFECT_CONFIRMED],
    ).exclude(requested_by=REQUESTED_BY)
    latest = asked.order_by("-created_at").first()
    if latest is None or not of_transaction.exists():
        return []
    profile = latest.args.get("profile") or latest.args["charging_profile"]
    return [Installed(evse_id, latest.created_at, profile)]


def _submit(inbound: Inbound, evse_id: int, profile: dict[str, Any]) -> bool:
    try:
        submission.submit(
            ChargePoint.objects.get(pk=inbound.station.id),
            "set_charging_profile",
            {"evse_id": evse_id, "profile": profile},
            requested_by=REQUESTED_BY,
        )
    except CommandRefused:
        # The car or the station sent values that make an invalid profile.
        inbound.deviate("odd_charging_needs")
        return False
    return True
