"""Whether the energy register can be believed: the energy of a transaction is on one scale.

A step is judged by the time that it took. What is not plausible is kept as it was sent, noted, and
not the transaction's figure as long as there is a plausible one. It may be another meter's (1.6,
4.7), a start that was told before the meter was read, an overflow, or a register that has begun
again. Where such readings go on and the one at the start stands alone, they are the scale.
"""

from datetime import datetime
from typing import NamedTuple

from chargepoints.clock import Moment, api_time
from chargepoints.models import MeterSource, TimeQuality, Transaction

JUMPED = "register_jumped"
FELL_BACK = "register_fell_back"
UNKNOWN = "meter_stop_unknown"

# The Megawatt Charging System ends at 3.75 MW; more only where the charger reports it.
MOST_POWER_W = 4e6
# What is above it, and above ten times what is reported, is believed, and noted.
STEEP_POWER_W = 1e6
# Two readings are seldom taken in the second that they bear.
LEAST_SECONDS = 60.0
# Rounded to a tenth of a kWh, a register may seem to fall by that.
ROUNDING_WH = 100.0
# Where the times are not known.
MOST_ENERGY_WH = 1e6
# `meterStop` 0 with it says that the meter could not be read.
POWER_LOSS = "PowerLoss"


class Register(NamedTuple):
    """A reading, and when it was taken; None where the charger's clock does not tell."""

    wh: float
    at: datetime | None


def take(row: Transaction, wh: float, moment: Moment) -> str:
    """Make a reading, later than all before, the transaction's latest if it is plausible.

    What is odd about it, else an empty text.
    """
    now = Register(wh, moment.at if moment.quality == TimeQuality.CHARGER else None)
    begin, latest = _begin(row), _latest(row)
    before = latest or begin
    follows = before is None or (_follows(before, now, row) and not _goes_on(row, before, now))
    if begin is not None and _counted_from_below(row, begin) and _follows(begin, now, row):
        # It is on the scale of the start again.
        row.energy_from_wh = None
        before, follows = begin, True
    if wh >= 0 and follows:
        row.odd_register = None
        _adopt(row, now)
        return JUMPED if before is not None and _is_steep(before, now, row) else ""
    _note_other_scale(row, begin, latest, now)
    return FELL_BACK if before is None or wh < before.wh else JUMPED


def stop(row: Transaction, wh: float | None, reason: str, moment: Moment) -> list[str]:
    """Set the reading at the end, as told where it is plausible; what is odd about it."""
    begin, latest = _begin(row), _latest(row)
    before = latest or begin
    lost = wh == 0 and reason == POWER_LOSS and before is not None and before.wh > 0
    if wh is not None and (wh < 0 or lost):
        _stop_by_sample(row)
        return [UNKNOWN]
    if wh is None:
        _stop_by_sample(row)
        return []
    odd = take(row, wh, moment)
    believed = row.meter_latest_wh == wh or _is_told_by_the_start(row, begin, latest, wh, moment)
    # The latest sample stays what it was.
    row.meter_latest_wh, row.metered_at = latest or (None, None)
    if not believed and latest is not None and latest != begin:
        row.meter_stop_wh = None
        _stop_by_sample(row)
        return [odd]
    row.meter_stop_wh, row.meter_stop_source = wh, MeterSource.CHARGER
    return [odd] if odd else []


def note(row: Transaction, deviations: list[str]) -> None:
    """What was odd about the register of this transaction stands on its row."""
    new = [each for each in deviations if each not in row.deviations]
    if new:
        row.deviations = [*row.deviations, *new]


def odd_reading(row: Transaction) -> float | None:
    """The latest reading that was not believed, since one was."""
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


def _follows(before: Register, now: Register, row: Transaction) -> bool:
    """Whether a register can have gone from one to the other."""
    most_power = max(MOST_POWER_W, 2 * (row.power_w or 0.0))
    return -ROUNDING_WH <= now.wh - before.wh <= _most(before, now, most_power)


def _is_steep(before: Register, now: Register, row: Transaction) -> bool:
    power = max(STEEP_POWER_W, 10 * (row.power_w or 0.0))
    return now.wh - before.wh > _most(before, now, power)


def _most(before: Register, now: Register, power: float) -> float:
    """The most energy between them, with this power."""
    if before.at is None or now.at is None:
        return MOST_ENERGY_WH
    seconds = max((now.at - before.at).total_seconds(), LEAST_SECONDS)
    return power * seconds / 3600


def _goes_on(row: Transaction, before: Register, now: Register) -> bool:
    """Whether it rather follows a reading that was not believed: in hours a register may go far."""
    if row.odd_register is None:
        return False
    odd = _register(row.odd_register[2:])
    return abs(now.wh - odd.wh) < abs(now.wh - before.wh) and _follows(odd, now, row)


def _counted_from_below(row: Transaction, begin: Register) -> bool:
    return row.energy_from_wh is not None and row.energy_from_wh < begin.wh


def _note_other_scale(
    row: Transaction, begin: Register | None, latest: Register | None, now: Register
) -> None:
    """Readings that do not follow: two that follow each other may be what is right."""
    other = row.odd_register
    if other is not None and _is_the_same(_register(other[2:]), now):
        return
    if other is None or not _follows(_register(other[2:]), now, row):
        row.odd_register = [now.wh, api_time(now.at), now.wh, api_time(now.at)]
        return
    first = _register(other[:2])
    row.odd_register = [*other[:2], now.wh, api_time(now.at)]
    if begin is None or now.wh < 0:
        return
    if first.wh >= begin.wh and _follows(begin, first, row):
        # They follow the start: what was above them was odd.
        _adopt(row, now)
    elif latest is None or latest.wh == begin.wh:
        # Nothing but the start was on another scale.
        row.energy_from_wh = first.wh
        _adopt(row, now)


def _is_the_same(before: Register, now: Register) -> bool:
    """Whether it is told twice: as a sample, and as the reading at the end."""
    if before.at is None or now.at is None:
        return before.wh == now.wh
    apart = abs((now.at - before.at).total_seconds())
    return before.wh == now.wh and apart < LEAST_SECONDS


def _register(told: list[float | str | None]) -> Register:
    wh, at = told
    return Register(float(wh or 0), datetime.fromisoformat(str(at)) if at else None)


def _is_told_by_the_start(
    row: Transaction, begin: Register | None, latest: Register | None, wh: float, moment: Moment
) -> bool:
    """Whether the end fits the start, though it does not fit the samples between them."""
    if begin is None or wh < begin.wh or begin.at is None:
        return False
    fell = latest is not None and wh < latest.wh
    fits = fell and _follows(begin, Register(wh, moment.at), row)
    if not fits and row.power_w:
        hours = (moment.at - begin.at).total_seconds() / 3600
        fits = wh - begin.wh <= 2 * row.power_w * hours
    if fits:
        row.energy_from_wh = None
    return fits


def _stop_by_sample(row: Transaction) -> None:
    if row.meter_stop_wh is None and row.meter_latest_wh is not None:
        row.meter_stop_wh, row.meter_stop_source = row.meter_latest_wh, MeterSource.LAST_SAMPLE
