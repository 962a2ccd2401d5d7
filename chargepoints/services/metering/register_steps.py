"""Whether an energy register can change from one reading to another in the time between."""

from datetime import datetime
from typing import NamedTuple

from chargepoints.models import Transaction
from chargepoints.models.transaction import ROUNDING_WH

# The Megawatt Charging System ends at 3.75 MW; more only where the charger reports it.
MOST_POWER_W = 4e6
# For an EVSE with a known maximum: it may be reported for one phase, and a meter may lag.
TIMES_ITS_MOST = 4
# A step above this and above ten times the reported power is believed, with a deviation.
STEEP_POWER_W = 1e6
# The time of a reading is not exact, so count at least this much between two.
LEAST_SECONDS = 60.0
# A step up to this is plausible and not steep, however short its time.
ORDINARY_WH = STEEP_POWER_W * LEAST_SECONDS / 3600
# The largest plausible step if the times are unknown.
MOST_ENERGY_WH = 1e6


class Powers(NamedTuple):
    """In W: steps up to `plausible` are plausible; steps above `steep` get a deviation."""

    plausible: float
    steep: float


class Register(NamedTuple):
    """A reading and its time; None if the charger's clock is unknown."""

    wh: float
    at: datetime | None


def is_ordinary(row: Transaction, wh: float, most_w: float | None) -> bool:
    """Whether it is a small step up, with no deviation before: nearly every reading is."""
    latest = row.meter_latest_wh
    if latest is None or row.odd_register is not None:
        return False
    if row.energy_from_wh is not None and row.meter_start_wh is not None:
        return False
    step = wh - latest
    if most_w is not None and step * 3600 > TIMES_ITS_MOST * most_w * LEAST_SECONDS:
        return False
    return wh >= 0 and 0 <= step <= ORDINARY_WH


def powers(row: Transaction, most_w: float | None) -> Powers:
    reported = row.power_w or 0.0
    plausible, steep = MOST_POWER_W, STEEP_POWER_W
    if most_w is not None:
        plausible = steep = TIMES_ITS_MOST * most_w
    return Powers(max(plausible, 2 * reported), max(steep, 10 * reported))


def follows(before: Register, now: Register, powers: Powers) -> bool:
    """Whether a register can change from one to the other."""
    return -ROUNDING_WH <= now.wh - before.wh <= _most(before, now, powers.plausible)


def is_steep(before: Register, now: Register, powers: Powers) -> bool:
    return now.wh - before.wh > _most(before, now, powers.steep)


def catches_up(
    row: Transaction,
    begin: Register | None,
    before: Register,
    now: Register,
    most_w: float | None,
) -> bool:
    """Whether the register lagged: the EVSE can have given all the energy since the start."""
    if most_w is None or begin is None or row.energy_from_wh is not None or now.wh < before.wh:
        return False
    if begin.at is None or now.at is None:
        return False
    return (now.wh - begin.wh) * 3600 <= most_w * (now.at - begin.at).total_seconds()


def _most(before: Register, now: Register, power: float) -> float:
    """The maximum energy between them, with this power."""
    if before.at is None or now.at is None:
        return MOST_ENERGY_WH
    seconds = max((now.at - before.at).total_seconds(), LEAST_SECONDS)
    return power * seconds / 3600


def is_the_same(before: Register, now: Register) -> bool:
    """Whether it is the same reading, sent as a sample and again at the end."""
    if before.at is None or now.at is None:
        return before.wh == now.wh
    apart = abs((now.at - before.at).total_seconds())
    return before.wh == now.wh and apart < LEAST_SECONDS
