"""The schedule that follows from accepted profiles, compared with the one of the charge point."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db.models import QuerySet

from chargepoints import clock
from chargepoints.clock import api_time
from chargepoints.models import ChargingProfile, Command, Evse
from chargepoints.services.smart_charging import composite_schedule, installed_profiles
from chargepoints.services.smart_charging.composite_schedule import Installed, Limit, limit_from
from chargepoints.services.smart_charging.installed_profiles import Purpose
from chargepoints.services.stations import quirks
from chargepoints.services.transactions import lookup


def compare(
    command: Command, start: object, unit: str, theirs: Sequence[tuple[int, float | None]]
) -> None:
    """Add the reported and the expected schedule to the command's result, and whether they agree.

    They differ if the charge point does not apply what it accepted. `theirs`: (seconds from start,
    limit).
    """
    begins = _read(start)
    args = command.args
    ours = expected(
        command.charge_point_id, args.get("evse_id", 0), begins, args["duration_s"], unit
    )
    factor = quirks.setting(command.charge_point, "limit_factor") or 1
    said = [Limit(start_s, None if limit is None else limit * factor) for start_s, limit in theirs]
    agree = _agree(ours, said, 0.1 * factor)
    command.result = {
        "start": api_time(begins),
        "unit": unit,
        "periods": [{"start_s": each.start_s, "limit": each.limit} for each in said],
        "expected": [asdict(limit) for limit in ours],
        "as_expected": agree,
    }
    if not agree:
        command.cautions = [*command.cautions, "the charge point does not apply its profiles"]


def _agree(ours: list[Limit], theirs: list[Limit], tenth: float) -> bool:
    """Whether both have the same limits, to one decimal place on the charge point's own scale.

    The numbers of their periods may differ.
    """
    for start_s in {limit.start_s for limit in (*ours, *theirs)}:
        expected, said = limit_from(ours, start_s), limit_from(theirs, start_s)
        if expected is None or said is None:
            if expected is not said:
                return False
        elif abs(expected - said) >= tenth + 1e-6:
            return False
    return True


def expected(
    charge_point_id: int,
    evse_id: int,
    start: datetime,
    duration_s: int,
    unit: str,
    *,
    of_transaction: list[Installed] | None = None,
) -> list[Limit]:
    """The limits on this EVSE (0: the charge point) in `unit`, A or W.

    `of_transaction`: these profiles replace the installed profiles of the transaction.
    """

    def on(evse_id: int, rows: QuerySet[ChargingProfile]) -> list[Limit]:
        installed = [Installed(row.evse_id, row.installed_at, row.profile) for row in rows]
        charging = lookup.open_on(charge_point_id, evse_id)
        return composite_schedule.compute(
            [*installed, *(of_transaction or [])],
            start=start,
            duration_s=duration_s,
            unit=unit,
            charging_since=charging.started_at if charging else None,
        )

    rows = installed_profiles.in_force(charge_point_id, evse_id, clock.now())
    if of_transaction is not None:
        rows = rows.exclude(purpose=Purpose.TRANSACTION)
    evses = Evse.objects.filter(charge_point_id=charge_point_id).values_list("evse_id", flat=True)
    if evse_id or len(evses) < 2:
        return on(evse_id, rows)
    of_station = rows.filter(purpose__in=[Purpose.STATION_MAX, Purpose.EXTERNAL])
    return composite_schedule.total(
        [
            on(each, installed_profiles.in_force(charge_point_id, each, clock.now()))
            for each in evses
        ],
        on(0, of_station),
    )


def _read(start: object) -> datetime:
    now = clock.now()
    try:
        begins = datetime.fromisoformat(str(start))
    except ValueError:
        return now.replace(microsecond=0)
    return begins if begins.tzinfo else begins.replace(tzinfo=now.tzinfo)
