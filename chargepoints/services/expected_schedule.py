"""What the profiles that a charge point accepted should make it do, beside what it says."""

from dataclasses import asdict
from datetime import datetime

from django.utils import timezone

from chargepoints.models import Command, Transaction
from chargepoints.services import charging_profiles, composite_schedule, quirks
from chargepoints.services.composite_schedule import Installed, Limit


def compare(command: Command, start: object, unit: str, theirs: list[tuple[int, float]]) -> None:
    """Note in the command's result what we expected, and whether the charge point agrees.

    They differ where it does not do what it accepted. `theirs`: (seconds from start, limit).
    """
    begins = _read(start)
    args = command.args
    ours = expected(
        command.charge_point_id, args.get("evse_id", 0), begins, args["duration_s"], unit
    )
    factor = quirks.setting(command.charge_point, "limit_factor") or 1
    agree = _agree(ours, [(start_s, limit * factor) for start_s, limit in theirs], 0.1 * factor)
    command.result = {"expected": [asdict(limit) for limit in ours], "as_expected": agree}
    if not agree:
        command.cautions = [*command.cautions, "it does not do what it accepted"]


def _agree(ours: list[Limit], theirs: list[tuple[int, float]], tenth: float) -> bool:
    """Limits are said with one digit after the point, on the charge point's own scale."""
    if [limit.start_s for limit in ours] != [start_s for start_s, _ in theirs]:
        return False
    pairs = zip(ours, theirs, strict=True)
    return all(
        limit.limit is not None and abs(limit.limit - said) < tenth + 1e-6
        for limit, (_, said) in pairs
    )


def expected(
    charge_point_id: int,
    evse_id: int,
    start: datetime,
    duration_s: int,
    unit: str,
    *,
    without_transaction: bool = False,
) -> list[Limit]:
    """The limits on this EVSE (0: the charge point) in `unit`, A or W."""
    charging = Transaction.objects.filter(
        charge_point_id=charge_point_id, evse_id=evse_id, ended_at=None
    ).first()
    rows = charging_profiles.in_force(charge_point_id, evse_id, timezone.now())
    if without_transaction:
        rows = rows.exclude(purpose=charging_profiles.Purpose.TRANSACTION)
    return composite_schedule.compute(
        [Installed(row.evse_id, row.installed_at, row.profile) for row in rows],
        start=start,
        duration_s=duration_s,
        unit=unit,
        charging_since=charging.started_at if charging else None,
    )


def _read(start: object) -> datetime:
    now = timezone.now()
    try:
        begins = datetime.fromisoformat(str(start))
    except ValueError:
        return now.replace(microsecond=0)
    return begins if begins.tzinfo else begins.replace(tzinfo=now.tzinfo)
