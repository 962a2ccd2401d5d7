"""The events of each charger in a night at a depot; reproducible by a seed."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chargepoints.protocol.versions import installed_versions

# The duration of a night. A short simulation shows only its first hours, or the meters would run
# faster than the gateway's plausibility checks allow.
NIGHT_S = 10 * 3600.0
FASTEST_PACE = 60.0
FAST_W, SLOW_W = 22_000.0, 11_000.0
# The share of the energy need from which the battery takes less power.
TAPERS_FROM = 0.8
OFFLINE_SHARE, FAULTY_SHARE = 0.1, 0.02

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Night:
    """The night of one charger; times are in seconds since the start of the simulation."""

    number: int
    subprotocol: str
    connects_at: float
    arrives_at: float
    leaves_at: float
    power_w: float
    needs_wh: float
    offline: tuple[Span, ...]
    faulted: Span | None
    # How many seconds of the night pass in a second of the simulation.
    pace: float

    @property
    def identity(self) -> str:
        return f"SIM-{self.number:05d}"

    def offline_until(self, at: float) -> float | None:
        """When it is online again; None if it is not offline."""
        return max((ends for begins, ends in self.offline if begins <= at < ends), default=None)

    def next_offline(self, at: float) -> float | None:
        """When it goes offline next, if it does."""
        return min((begins for begins, _ in self.offline if begins > at), default=None)

    def is_faulted(self, at: float) -> bool:
        return self.faulted is not None and self.faulted[0] <= at < self.faulted[1]

    def charged_wh(self, at: float) -> float:
        """Constant power at first, then decreasing, as the battery fills."""
        hours = max(0.0, at - self.arrives_at) * self.pace / 3600
        constant = self.needs_wh * TAPERS_FROM
        if hours <= constant / self.power_w:
            return hours * self.power_w
        rest = self.needs_wh - constant
        return self.needs_wh - rest * math.exp(-(hours - constant / self.power_w) / self._tau)

    def power_at(self, at: float) -> float:
        if not self.arrives_at <= at < self.leaves_at or self.is_faulted(at):
            return 0.0
        left = self.needs_wh - self.charged_wh(at)
        return min(self.power_w, left / self._tau)

    @property
    def _tau(self) -> float:
        """The time constant, in hours, that makes the power continuous."""
        return self.needs_wh * (1 - TAPERS_FROM) / self.power_w


def depot_night(count: int, seed: int, seconds: float, ramp_s: float) -> list[Night]:
    """Nights in which all connect within `ramp_s`; buses arrive early, and leave at the end."""
    # Random numbers for a test, not for secrets.
    draw = random.Random(seed)  # noqa: S311
    spoken = sorted(installed_versions())
    return [_night(number, spoken, draw, seconds, ramp_s) for number in range(1, count + 1)]


def _night(
    number: int, spoken: Sequence[str], draw: random.Random, seconds: float, ramp_s: float
) -> Night:
    pace = min(NIGHT_S / seconds, FASTEST_PACE)
    connects_at = draw.uniform(0, ramp_s)
    arrives_at = connects_at + draw.triangular(0.02, 0.33, 0.1) * (seconds - ramp_s)
    leaves_at = seconds * draw.uniform(0.8, 0.95)
    power_w = draw.choice((FAST_W, SLOW_W))
    hours = (leaves_at - arrives_at) * pace / 3600
    offline: list[Span] = []
    while draw.random() < OFFLINE_SHARE:
        begins = draw.uniform(arrives_at, leaves_at)
        offline.append((begins, begins + draw.uniform(0.01, 0.1) * seconds))
    faulted = None
    if draw.random() < FAULTY_SHARE:
        begins = draw.uniform(arrives_at, leaves_at)
        faulted = (begins, begins + 0.02 * seconds)
    return Night(
        number=number,
        subprotocol=draw.choice(spoken),
        connects_at=connects_at,
        arrives_at=arrives_at,
        leaves_at=leaves_at,
        power_w=power_w,
        needs_wh=power_w * hours * draw.uniform(0.3, 0.9),
        offline=tuple(offline),
        faulted=faulted,
        pace=pace,
    )


Scenario = Callable[[int, int, float, float], list[Night]]
SCENARIOS: dict[str, Scenario] = {"depot-night": depot_night}
