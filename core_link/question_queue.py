"""Limits the concurrent questions to core; further ones wait in a queue.

A question that cannot be asked in time is refused at once, or as soon as core's silence shows
it, so that there is time left for a decision without core.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

# A core that has answered no request for this long hangs, and waiting is useless.
HANGS_AFTER_S = 1.0
# The assumed duration of an exchange at first, and the weight of each measured one.
INITIAL_AVERAGE_S = 0.02
WEIGHT_OF_THE_LAST = 0.1
# A shorter silence means nothing: any core may pause for a moment.
SILENT_AFTER_S = 0.25
CHECK_EVERY_S = 0.02
# P5: thousands are refused in portions, with pauses in which other messages of the chargers are
# handled.
REFUSED_AT_ONCE = 40
PAUSE_S = 0.002


class NoConnection(Exception):
    """No connection became free; `hangs`: core answered no request in this time."""

    def __init__(self, *, hangs: bool) -> None:
        super().__init__("no connection to core is free")
        self.hangs = hangs


@dataclass(slots=True, eq=False)
class _Turn:
    """A waiting question: since when and until when, by the loop's clock."""

    given: asyncio.Future[None]
    since: float
    ends: float


class QuestionQueue:
    """Used from one event loop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._waiting: deque[_Turn] = deque()
        self._timer: asyncio.TimerHandle | None = None
        # The average duration of an exchange; and when core last answered.
        self._average_s = INITIAL_AVERAGE_S
        self._answered_at = 0.0
        self.taken = 0

    async def take(self, ends: float) -> None:
        """Wait for a connection until `ends`, by the loop's clock, or until core clearly hangs.

        Raises NoConnection, at once if the questions before it would take until then.
        """
        self.check(ends)
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self.taken < self._count:
            if not self.taken:
                # No request was waiting, so core's silence begins now.
                self._answered_at = now
            self.taken += 1
            return
        turn = _Turn(loop.create_future(), now, ends)
        self._waiting.append(turn)
        if self._timer is None:
            self._timer = loop.call_later(CHECK_EVERY_S, self._refuse_overdue)
        try:
            await turn.given
        except asyncio.CancelledError:
            if not turn.given.cancelled() and turn.given.exception() is None:
                self._free_one()
            raise

    def check(self, ends: float) -> None:
        """Raises NoConnection if there is no time to wait for a connection."""
        if self.taken < self._count or not self._waiting:
            return
        now = asyncio.get_running_loop().time()
        if len(self._waiting) > self._turns(ends - now, now):
            raise NoConnection(hangs=False)

    def give_back(self, *, answered: bool, after_s: float | None) -> None:
        """`after_s`: the duration of the exchange; None if there was none."""
        if answered:
            self._answered_at = asyncio.get_running_loop().time()
        if after_s is not None:
            self._average_s += (after_s - self._average_s) * WEIGHT_OF_THE_LAST
        self._free_one()

    def _free_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.given.done():
                turn.given.set_result(None)
                return
        self.taken -= 1

    def _turns(self, within_s: float, now: float) -> float:
        """How many questions get a connection in this time. Each takes the average duration, or as
        long as core has already been silent.
        """
        return within_s / max(self._average_s, self._silent_s(now)) * self._count

    def _silent_s(self, now: float) -> float:
        silent_s = now - self._answered_at
        return silent_s if silent_s >= SILENT_AFTER_S else 0.0

    def _refuse_overdue(self) -> None:
        """Refuse questions that wait in vain, a portion at a time."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        hangs = now - self._answered_at >= HANGS_AFTER_S
        refused = [turn for turn in self._waiting if _is_over(turn, now, hangs=hangs)]
        for turn in refused[:REFUSED_AT_ONCE]:
            self._waiting.remove(turn)
            _refuse(turn, hangs=hangs)
        many = len(refused) > REFUSED_AT_ONCE or self._shed(REFUSED_AT_ONCE - len(refused), now)
        if self._waiting:
            self._timer = loop.call_later(PAUSE_S if many else CHECK_EVERY_S, self._refuse_overdue)

    def _shed(self, most: int, now: float) -> bool:
        """While core is silent, refuse the last ones, whose turn would come too late; return
        whether more remain.
        """
        if not self._silent_s(now):
            return False
        while self._waiting and len(self._waiting) > self._turns(self._waiting[-1].ends - now, now):
            if most <= 0:
                return True
            _refuse(self._waiting.pop(), hangs=False)
            most -= 1
        return False


def _is_over(turn: _Turn, now: float, *, hangs: bool) -> bool:
    return now >= turn.ends or (hangs and now - turn.since >= HANGS_AFTER_S)


def _refuse(turn: _Turn, *, hangs: bool) -> None:
    if not turn.given.done():
        turn.given.set_exception(NoConnection(hangs=hangs))
