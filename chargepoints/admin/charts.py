"""A charging curve as SVG, power and state of charge over time, without a library."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from chargepoints.models import MeterValue

WIDTH, HEIGHT = 720, 190
# Room for the texts of the axes on a phone, where letters are larger.
LEFT, RIGHT, TOP, BOTTOM = 84, 62, 14, 26
NEWEST_SAMPLES = 2_000
POINTS = 160
HOUR = timedelta(hours=1)
SHORT, DAY = timedelta(minutes=10), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """Power in W, state of charge in %; None if not measured."""

    at: datetime
    power_w: float | None
    soc_percent: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Hover:
    """A column that shows its values under the mouse."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the template draws, in the coordinates of its viewBox."""

    power_line: str
    power_area: str
    soc_line: str
    power_ticks: list[Tick]
    soc_ticks: list[Tick]
    time_ticks: list[Tick]
    hovers: list[Hover]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart_of(transaction_pk: int) -> Chart | None:
    """The curve of a transaction; None if it has no samples yet."""
    rows = list(
        MeterValue.objects.filter(transaction_id=transaction_pk, conflict=False)
        .order_by("-sampled_at")
        .values_list("sampled_at", "power_w", "soc_percent", "energy_wh")[:NEWEST_SAMPLES]
    )[::-1]
    if any(power is not None for _, power, _, _ in rows):
        samples = [Sample(at, _finite(power), _finite(soc)) for at, power, soc, _ in rows]
    else:
        samples = _from_register(rows)
    return draw(_thinned([s for s in samples if (s.power_w, s.soc_percent) != (None, None)]))


def draw(samples: Sequence[Sample]) -> Chart | None:
    if len(samples) < 2 or samples[0].at == samples[-1].at:
        return None
    start, end = samples[0].at, samples[-1].at
    span = (end - start).total_seconds()
    top_w = _ceiling(max((s.power_w for s in samples if s.power_w is not None), default=0.0))

    def x(at: datetime) -> float:
        share = (at - start).total_seconds() / span
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(share: float) -> float:
        return round(HEIGHT - BOTTOM - min(max(share, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM), 1)

    power = [(x(s.at), y(s.power_w / top_w)) for s in samples if s.power_w is not None]
    soc = [(x(s.at), y(s.soc_percent / 100)) for s in samples if s.soc_percent is not None]
    power_line = _path(power)
    base = y(0)
    area = f"{power_line} L{power[-1][0]},{base} L{power[0][0]},{base} Z" if power else ""
    shares = (0.0, 0.5, 1.0)
    return Chart(
        power_line=power_line,
        power_area=area,
        soc_line=_path(soc),
        power_ticks=[Tick(y(s), f"{top_w * s / 1000:g} kW") for s in shares] if power else [],
        soc_ticks=[Tick(y(s), f"{100 * s:.0f} %") for s in shares] if soc else [],
        time_ticks=[
            Tick(x(start + share * (end - start)), time_label(start + share * (end - start), span))
            for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        ],
        hovers=_hovers(samples, [x(s.at) for s in samples]),
    )


def _from_register(
    rows: Sequence[tuple[datetime, float | None, float | None, float | None]],
) -> list[Sample]:
    """The mean power between two energy readings, if the charger reports no power."""
    samples = []
    earlier: tuple[datetime, float] | None = None
    for at, _, soc, energy_wh in rows:
        mean = None
        energy = _finite(energy_wh)
        if energy is not None:
            if earlier is not None and at > earlier[0]:
                mean = (energy - earlier[1]) / ((at - earlier[0]) / HOUR)
            earlier = (at, energy)
        samples.append(Sample(at, mean, _finite(soc)))
    return samples


def _thinned(samples: list[Sample]) -> list[Sample]:
    step = math.ceil(len(samples) / POINTS)
    if step <= 1:
        return samples
    thinned = samples[::step]
    return thinned if thinned[-1] is samples[-1] else [*thinned, samples[-1]]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _ceiling(watts: float) -> float:
    """The top of the power axis, at least 1 kW."""
    return round_number_above(max(watts, 1000.0))


def round_number_above(value: float) -> float:
    """The next round number: 1, 2, 4, 5 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    scale = float(10 ** math.floor(math.log10(value)))
    return next(scale * step for step in (1, 2, 4, 5, 8, 10) if scale * step >= value)


def _path(points: list[tuple[float, float]]) -> str:
    if not points:
        return ""
    return "M" + " L".join(f"{x},{y}" for x, y in points)


def time_label(at: datetime, span_s: float) -> str:
    """A time below a chart of this many seconds: as precise as tells the labels apart."""
    at = timezone.localtime(at)
    if span_s < SHORT.total_seconds():
        return f"{at:%H:%M:%S}"
    return f"{at:%a %H:%M}" if span_s > DAY.total_seconds() else f"{at:%H:%M}"


def _hovers(samples: Sequence[Sample], xs: list[float]) -> list[Hover]:
    """The columns that show a sample's values; each reaches half-way to its neighbours."""
    edges = [xs[0], *((a + b) / 2 for a, b in zip(xs, xs[1:], strict=False)), xs[-1]]
    return [
        Hover(left, round(max(right - left, 0.5), 1), _hover_text(sample))
        for sample, left, right in zip(samples, edges, edges[1:], strict=False)
    ]


def _hover_text(sample: Sample) -> str:
    parts = [f"{timezone.localtime(sample.at):%H:%M:%S}"]
    if sample.power_w is not None:
        parts.append(f"{sample.power_w / 1000:.2f} kW")
    if sample.soc_percent is not None:
        parts.append(f"{sample.soc_percent:.0f} %")
    return " · ".join(parts)
