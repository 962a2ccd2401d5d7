"""A fair queue for writing where all writers share one lock (SQLite).

SQLite's own lock has no queue: a thread that finds it taken sleeps, up to 100 ms between two
attempts, and while chargers write without a pause it would almost never find it free. So the
threads of a process queue here first: one of the chargers' and one of all others take turns,
each group in order of arrival.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class WriteTurns:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holder: int | None = None
        self._waiting: dict[bool, deque[object]] = {True: deque(), False: deque()}
        self._chargers_had_last_turn = False

    @property
    def is_mine(self) -> bool:
        return self._holder == threading.get_ident()

    def take(self, *, of_chargers: bool, within_s: float) -> bool:
        """Wait for a turn; False after `within_s`: the caller then relies on SQLite's own lock."""
        ticket = object()
        with self._changed:
            line = self._waiting[of_chargers]
            line.append(ticket)
            came = self._changed.wait_for(lambda: self._next() is ticket, within_s)
            line.remove(ticket)
            if came:
                self._holder = threading.get_ident()
                self._chargers_had_last_turn = of_chargers
            return came

    def give_back(self) -> None:
        with self._changed:
            self._holder = None
            self._changed.notify_all()

    @contextmanager
    def turn(self, *, of_chargers: bool, within_s: float) -> Iterator[None]:
        came = self.take(of_chargers=of_chargers, within_s=within_s)
        try:
            yield
        finally:
            if came:
                self.give_back()

    def _next(self) -> object | None:
        if self._holder is not None:
            return None
        others_turn = self._waiting[not self._chargers_had_last_turn]
        line = others_turn or self._waiting[self._chargers_had_last_turn]
        return line[0] if line else None


write_turns = WriteTurns()
