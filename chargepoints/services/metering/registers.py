"""Whether energy readings are plausible, so that a transaction's energy is on one scale.

A step is judged by its duration, and by the maximum power of the EVSE if known. An implausible
reading is stored as sent, with a deviation; it counts only if there is no plausible one. It may be
of another meter (1.6, 4.7), a start that was sent before the meter was read, an overflow, or a
register that was reset. If such readings continue and only the start is on the other scale, they
are the scale.
"""

from datetime import datetime

from chargepoints.clock import Moment, api_time
from chargepoints.models import MeterSource, TimeQuality, Transaction
from chargepoints.models.transaction import ROUNDING_WH
from chargepoints.services.metering import register_steps
from chargepoints.services.metering.register_steps import Register

JUMPED = "register_jumped"
FELL_BACK = "register_fell_back"
UNKNOWN = "meter_stop_unknown"
START_UNKNOWN = "meter_start_unknown"

# With this reason, `meterStop` 0 means that the meter could not be read.
POWER_LOSS = "PowerLoss"


def start(row: Transaction, wh: float | None) -> list[str]:
    """Set the reading at the start, unless the meter was not read; return the deviations."""
    if wh is None or wh < 0:
        return [] if wh is None else [START_UNKNOWN]
    counted_from = row.energy_from_wh
    row.meter_start_wh, row.energy_from_wh = wh, None
    row.deviations = [each for each in row.deviations if each != START_UNKNOWN]
    begin, latest = _begin(row), _latest(row)
    if counted_from is None or begin is None or latest is None:
        return []
    # The start came late: the samples before it may be on another scale.
    if register_steps.follows(begin, latest, register_steps.powers(row, None)):
        return []
    row.energy_from_wh = counted_from
    return [FELL_BACK if latest.wh < wh else JUMPED]


def take(row: Transaction, wh: float, moment: Moment, most_w: float | None = None) -> str:
    """Store a reading, later than all before, as the transaction's latest if it is plausible.

    `most_w`: the maximum power of the EVSE, if known. Returns the deviation, or an empty text.
    """
    now = Register(wh, moment.at if moment.quality == TimeQuality.CHARGER else None)
    if register_steps.is_ordinary(row, wh, most_w):
        _adopt(row, now)
        return ""
    begin, latest, powers = _begin(row), _latest(row), register_steps.powers(row, most_w)
    before = latest or begin
    if before is None:
        if wh < 0:
            return START_UNKNOWN
        # The reading at the start is unknown: count from this one.
        row.energy_from_wh, row.odd_register = wh, None
        _adopt(row, now)
        return ""
    follows = (
        register_steps.follows(before, now, powers) and not _goes_on(row, before, now, powers)
    ) or register_steps.catches_up(row, begin, before, now, most_w)
    if (
        begin is not None
        and _counted_from_below(row, begin)
        and register_steps.follows(begin, now, powers)
    ):
        # The register is on the scale of the start again.
        row.energy_from_wh = None
        before, follows = begin, True
    if wh >= 0 and follows:
        row.odd_register = None
        _adopt(row, now)
        return JUMPED if register_steps.is_steep(before, now, powers) else ""
    _note_other_scale(row, begin, latest, now, powers)
    return FELL_BACK if wh < before.wh else JUMPED


def stop(
    row: Transaction, wh: float | None, reason: str, moment: Moment, most_w: float | None = None
) -> list[str]:
    """Set the reading at the end, the reported one if plausible; return the deviations."""
    begin, latest = _begin(row), _latest(row)
    before = latest or begin
    lost = wh == 0 and reason == POWER_LOSS and before is not None and before.wh > 0
    lost = lost or _is_the_start_again(row, begin, latest, wh)
    if wh is not None and (wh < 0 or lost):
        _stop_by_sample(row)
        return [UNKNOWN]
    if wh is None:
        _stop_by_sample(row)
        return []
    if before is None:
        row.meter_stop_wh, row.meter_stop_source = wh, MeterSource.CHARGER
        return []
    odd = take(row, wh, moment, most_w)
    believed = row.meter_latest_wh == wh or _matches_the_start(
        row, begin, latest, Register(wh, moment.at), most_w
    )
    # Keep the latest sample.
    row.meter_latest_wh, row.metered_at = latest or (None, None)
    if not believed and latest is not None and latest != begin:
        row.meter_stop_wh = None
        _stop_by_sample(row)
        return [odd]
    row.meter_stop_wh, row.meter_stop_source = wh, MeterSource.CHARGER
    return [odd] if odd else []


def goes_on(row: Transaction, wh: float, moment: Moment, *, steeply: bool = True) -> bool:
    """Whether this can be a later reading of the register; not `steeply`: whether it is likely."""
    before, now = _latest(row) or _begin(row), Register(wh, moment.at)
    powers = register_steps.powers(row, None)
    if before is None or not register_steps.follows(before, now, powers):
        return False
    return steeply or not register_steps.is_steep(before, now, powers)


def note(row: Transaction, deviations: list[str]) -> None:
    """Add deviations of the register to the transaction."""
    new = [each for each in deviations if each not in row.deviations]
    if new:
        row.deviations = [*row.deviations, *new]


def ends_below_start(row: Transaction) -> bool:
    first, last = row.counted_from_wh, row.counted_to_wh
    return first is not None and last is not None and last < first


def odd_reading(row: Transaction) -> float | None:
    """The latest implausible reading, if there was no plausible one after it."""
    return row.odd_register[2] if row.odd_register else None


def _begin(row: Transaction) -> Register | None:
    if row.meter_start_wh is None:
        return None
    known = row.time_quality == TimeQuality.CHARGER
    return Register(row.meter_start_wh, row.started_at if known else None)


def _latest(row: Transaction) -> Register | None:
    return None if row.meter_latest_wh is None else Register(row.meter_latest_wh, row.metered_at)


def _adopt(row: Transaction, now: Register) -> None:
    row.meter_latest_wh, row.metered_at = now


def _goes_on(
    row: Transaction, before: Register, now: Register, powers: register_steps.Powers
) -> bool:
    """Whether it continues an implausible reading rather than `before`."""
    if row.odd_register is None:
        return False
    odd = _register(row.odd_register[2:])
    return abs(now.wh - odd.wh) < abs(now.wh - before.wh) and register_steps.follows(
        odd, now, powers
    )


def _counted_from_below(row: Transaction, begin: Register) -> bool:
    return row.energy_from_wh is not None and row.energy_from_wh < begin.wh


def _note_other_scale(
    row: Transaction,
    begin: Register | None,
    latest: Register | None,
    now: Register,
    powers: register_steps.Powers,
) -> None:
    """Note an implausible reading: two that follow each other may be the right scale."""
    other = row.odd_register
    if other is not None and register_steps.is_the_same(_register(other[2:]), now):
        return
    if other is None or not register_steps.follows(_register(other[2:]), now, powers):
        row.odd_register = [now.wh, api_time(now.at), now.wh, api_time(now.at)]
        return
    first = _register(other[:2])
    row.odd_register = [*other[:2], now.wh, api_time(now.at)]
    if begin is None or now.wh < 0:
        return
    if first.wh >= begin.wh and register_steps.follows(begin, first, powers):
        # Both follow the start: the readings above them were wrong.
        _adopt(row, now)
    elif latest is None or latest.wh == begin.wh:
        # Only the start was on another scale.
        row.energy_from_wh = first.wh
        _adopt(row, now)


def _register(stored: list[float | str | None]) -> Register:
    wh, at = stored
    return Register(float(wh or 0), datetime.fromisoformat(str(at)) if at else None)


def _matches_the_start(
    row: Transaction,
    begin: Register | None,
    latest: Register | None,
    end: Register,
    most_w: float | None,
) -> bool:
    """Whether the end matches the start, although it does not match the samples between them."""
    if begin is None or end.wh < begin.wh or begin.at is None or end.at is None:
        return False
    fell = latest is not None and end.wh < latest.wh
    fits = fell and register_steps.follows(begin, end, register_steps.powers(row, most_w))
    power = 2 * row.power_w if row.power_w else most_w
    if not fits and power:
        hours = (end.at - begin.at).total_seconds() / 3600
        fits = end.wh - begin.wh <= power * hours
    if fits:
        row.energy_from_wh = None
    return fits


def _is_the_start_again(
    row: Transaction, begin: Register | None, latest: Register | None, wh: float | None
) -> bool:
    """Whether the end only repeats the start, although all readings between them were higher."""
    if begin is None or latest is None or wh != begin.wh or row.energy_from_wh is not None:
        return False
    # A sample may have reported the end before.
    odd = {row.odd_register[0], row.odd_register[2]} if row.odd_register else {wh}
    return odd == {wh} and latest.wh - begin.wh > ROUNDING_WH


def _stop_by_sample(row: Transaction) -> None:
    if row.meter_stop_wh is None and row.meter_latest_wh is not None:
        row.meter_stop_wh, row.meter_stop_source = row.meter_latest_wh, MeterSource.LAST_SAMPLE
