"""Counts events of the last minute: in memory, per process, with a limited size."""

import threading
import time
from collections import OrderedDict, deque

WINDOW_S = 60.0
MOST_KEYS = 10_000


class MinuteCounts:
    def __init__(self, most_times: int = 20) -> None:
        """`most_times` are stored for one key: no limit may be higher."""
        self._most_times = most_times
        self._times: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, *key: str) -> None:
        with self._lock:
            self._times.setdefault(key, deque(maxlen=self._most_times)).append(time.monotonic())
            self._times.move_to_end(key)
            if len(self._times) > MOST_KEYS:
                self._times.popitem(last=False)

    def count(self, *key: str) -> int:
        begin = time.monotonic() - WINDOW_S
        with self._lock:
            return sum(1 for at in self._times.get(key, ()) if at > begin)
