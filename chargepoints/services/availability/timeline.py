"""Calculates the seconds of a span in each state, from the history of one connector.

A second counts as the state at its beginning, so the states add up to the length of the span.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chargepoints.models import Status

Interval = tuple[datetime, datetime]
# A status, and the time from which it applies.
Change = tuple[datetime, str]

UP, FAULTED, UNAVAILABLE, OFFLINE = "up", "faulted", "unavailable", "offline"
UNKNOWN, MAINTENANCE, GATEWAY = "unknown", "maintenance", "gateway"
_OUT_OF_ORDER = {Status.FAULTED: FAULTED, Status.UNAVAILABLE: UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class Seconds:
    """The seconds of a span; `faulted`, `unavailable` and `offline` together are the downtime."""

    up: int = 0
    faulted: int = 0
    unavailable: int = 0
    offline: int = 0
    unknown: int = 0
    maintenance: int = 0
    gateway: int = 0

    @property
    def down(self) -> int:
        return self.faulted + self.unavailable + self.offline

    @property
    def total(self) -> int:
        return self.up + self.down + self.unknown + self.maintenance + self.gateway

    @property
    def availability(self) -> float | None:
        """The share of uptime in up and down; None if both are zero."""
        known = self.up + self.down
        return self.up / known if known else None


class Intervals:
    """Whether a second lies in one of several spans, which may overlap."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        self.edges: list[int] = []
        for begin, end in sorted((_second(begin), _second(end)) for begin, end in intervals):
            if begin >= end:
                continue
            if self.edges and begin <= self.edges[-1]:
                self.edges[-1] = max(self.edges[-1], end)
            else:
                self.edges += (begin, end)

    def __contains__(self, second: int) -> bool:
        return bisect_right(self.edges, second) % 2 == 1


class Steps:
    """The status at a second; None before the first."""

    def __init__(self, changes: Iterable[Change]) -> None:
        steps: dict[int, str] = {}
        for at, status in changes:
            steps[_second(at)] = status
        self.edges = list(steps)
        self._statuses = list(steps.values())

    def at(self, second: int) -> str | None:
        place = bisect_right(self.edges, second)
        return self._statuses[place - 1] if place else None


NEVER = Intervals(())
NOTHING = Steps(())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The history that all connectors of a charge point share.

    `online`: its sockets; `known_from`: the first of them; `excused`: when it was offline because
    the gateway had closed its socket; `station`: the status of the charge point itself.
    """

    known_from: datetime | None
    online: Intervals
    excused: Intervals = field(default=NEVER)
    maintenance: Intervals = field(default=NEVER)
    gateway_down: Intervals = field(default=NEVER)
    station: Steps = field(default=NOTHING)


def count(around: Surroundings, connector: Steps, begin: datetime, end: datetime) -> Seconds:
    """The seconds of a span by state; `connector`: its changes, ordered by time."""
    first, last = _second(begin), _second(end)
    if first >= last:
        return Seconds()
    known_from = last if around.known_from is None else _second(around.known_from)
    found = dict.fromkeys(Seconds.__dataclass_fields__, 0)
    edges = sorted({first, last, *_within(_all_edges(around, connector, known_from), first, last)})
    for since, until in zip(edges, edges[1:], strict=False):
        found[_state(around, connector, since, known=since >= known_from)] += until - since
    return Seconds(**found)


def _all_edges(around: Surroundings, connector: Steps, known_from: int) -> Iterator[Sequence[int]]:
    yield [known_from]
    yield connector.edges
    yield around.station.edges
    yield around.online.edges
    yield around.excused.edges
    yield around.maintenance.edges
    yield around.gateway_down.edges


def _within(edges: Iterable[Sequence[int]], first: int, last: int) -> Iterator[int]:
    for each in edges:
        yield from each[bisect_right(each, first) : bisect_left(each, last)]


def _state(around: Surroundings, connector: Steps, second: int, *, known: bool) -> str:
    """By priority: agreed maintenance, the gateway's own downtime, unknown, the charger's state."""
    if second in around.maintenance:
        return MAINTENANCE
    if second in around.gateway_down:
        return GATEWAY
    status = connector.at(second)
    if not known or status is None:
        return UNKNOWN
    if second not in around.online:
        return GATEWAY if second in around.excused else OFFLINE
    for said in (around.station.at(second), status):
        if said in _OUT_OF_ORDER:
            return _OUT_OF_ORDER[Status(said)]
    return UNKNOWN if status == Status.UNKNOWN else UP


def _second(at: datetime) -> int:
    """The first whole second at or after a moment."""
    whole = int(at.replace(microsecond=0).timestamp())
    return whole + 1 if at.microsecond else whole
