"""Limits over time as SVG: steps that hold until the next one, with the metered power."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chargepoints.admin.charts import (
    BOTTOM,
    HEIGHT,
    TOP,
    Tick,
    round_number_above,
    time_label,
)

# Narrow enough for its texts to be readable in a panel and on a phone.
WIDTH = 480
LEFT, RIGHT = 68, 16
# A step applies from its time on; None: no limit.
Point = tuple[datetime, float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """`css` is the class of its line; `steps`: each value holds until the next one."""

    name: str
    css: str
    points: Sequence[Point]
    steps: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    css: str
    path: str


@dataclass(frozen=True, slots=True)
class ScheduleChart:
    """All that the template draws, in the coordinates of its viewBox."""

    lines: list[Line]
    value_ticks: list[Tick]
    time_ticks: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def draw(
    series: Sequence[Series], start: datetime, end: datetime, unit: str, *, offsets: bool = False
) -> ScheduleChart | None:
    """From `start` to `end`; `offsets`: show times as offsets from the start, such as `06:00`."""
    values = [value for each in series for _, value in each.points if value is not None]
    if not values or end <= start:
        return None
    top, span = round_number_above(max(values)), (end - start).total_seconds()

    def x(at: datetime) -> float:
        share = (at - start).total_seconds() / span
        return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        share = min(max(value / top, 0.0), 1.0)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def path(each: Series) -> str:
        parts, last = [], None
        for position, (at, value) in enumerate(each.points):
            # A step that begins at the end has no length; a point there is part of the line.
            if position and (at > end or (each.steps and at == end)):
                break
            if value is None:
                last = None
                continue
            until = each.points[position + 1][0] if position + 1 < len(each.points) else end
            parts.append(f"{'M' if last is None else 'L'}{x(at)},{y(value)}")
            if each.steps:
                parts.append(f"L{x(min(until, end))},{y(value)}")
            last = value
        return " ".join(parts)

    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    return ScheduleChart(
        lines=[Line(each.name, each.css, path(each)) for each in series if each.points],
        value_ticks=[Tick(y(top * s), f"{top * s:g} {unit}") for s in (0.0, 0.5, 1.0)],
        time_ticks=[
            Tick(x(at), _since(start, at) if offsets else time_label(at, span))
            for at in (start + share * (end - start) for share in shares)
        ],
    )


def _since(start: datetime, at: datetime) -> str:
    minutes = round((at - start).total_seconds() / 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"
