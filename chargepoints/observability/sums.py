"""Sums observations of the hot path, and passes them to Prometheus once a second.

An observation in Prometheus's client takes longer than the validation of a message.
"""

from bisect import bisect_left
from typing import Any

from prometheus_client import Histogram


class Sums:
    """For a histogram without labels, or one labelled child; only one thread calls `observe`."""

    __slots__ = ("_bounds", "_buckets", "_histogram", "_sum")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram: Any = histogram
        self._bounds: list[float] = histogram._upper_bounds
        self._buckets = [0] * len(self._bounds)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._buckets[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def publish(self) -> None:
        """May run in another thread: a concurrent observation is published the next time."""
        for place, count in enumerate(self._buckets):
            if count:
                self._buckets[place] -= count
                self._histogram._buckets[place].inc(count)
        total = self._sum
        self._sum -= total
        self._histogram._sum.inc(total)
