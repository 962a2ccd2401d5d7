"""Who guesses keys is slowed down, and who fights for an identity is stopped for a while.

A right key always gets in, whoever else fails at the same address: many chargers share one. What
has failed is counted in the database (`refusals.record`), for all processes and over restarts.
"""

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import replace

from chargepoints.gateway.handshake import Refused, Request
from chargepoints.gateway.refusals import Failures
from chargepoints.minute_counts import MinuteCounts

FAILURES_PER_IDENTITY = 5
FAILURES_PER_ADDRESS = 20
# Rows for staff about those that are over a limit, in a minute: of one address, and of all.
RECORDED_PER_ADDRESS = 20
RECORDED_IN_ALL = 200
LONGEST_DELAY_S = 8.0
# Each delayed answer holds a socket; who comes when so many are held is answered at once.
MOST_DELAYED = 200
TAKEOVERS_PER_MINUTE = 5
FROZEN_FOR_S = 300.0
REMEMBERED = 10_000
# How often in a second the database is asked who was registered meanwhile.
LOOKS_PER_SECOND = 20

TOO_MANY = Refused(
    429,
    "too_many_failures",
    "Too many handshakes from this address failed within a minute. Correct the chargers that fail.",
)


class Guard:
    """The guard of one process; runs on its event loop."""

    def __init__(self) -> None:
        self._counts = MinuteCounts(most_times=RECORDED_IN_ALL)
        self._over_limit: OrderedDict[str, float] = OrderedDict()
        self._frozen_until: OrderedDict[str, float] = OrderedDict()
        self._registered: set[str] = set()
        self._registered_until = 0
        self._looks = (0, 0)
        self._delayed = 0

    # --- Guessing --------------------------------------------------------------------------------

    def is_over_limit(self, request: Request) -> bool:
        """Whether this address has failed too often, as far as this process knows."""
        return self._over_limit.get(request.address, 0.0) > time.monotonic()

    def knows(self, request: Request) -> bool:
        return request.identity.lower() in self._registered

    def may_look(self) -> int | None:
        """The newest row known, where the registry may be asked for newer ones once more."""
        second, looks = self._looks
        now = int(time.monotonic())
        looks = looks + 1 if second == now else 1
        self._looks = now, looks
        return self._registered_until if looks <= LOOKS_PER_SECOND else None

    def take_registered(self, identities: dict[int, str]) -> None:
        self._registered.update(map(str.lower, identities.values()))
        self._registered_until = max(identities, default=self._registered_until)

    async def answer_late(self, request: Request, refused: Refused, failures: Failures) -> Refused:
        """What a handshake is told that has failed once more: later and later, and 429 at last."""
        excess = max(
            failures.of_identity - FAILURES_PER_IDENTITY, failures.of_address - FAILURES_PER_ADDRESS
        )
        if failures.of_address >= FAILURES_PER_ADDRESS:
            until = time.monotonic() + failures.ends_in_s
            _remember(self._over_limit, request.address, until)
        if excess <= 0:
            return refused
        if self._delayed < MOST_DELAYED:
            self._delayed += 1
            try:
                await asyncio.sleep(min(LONGEST_DELAY_S, 0.25 * 2 ** min(excess - 1, 5)))
            finally:
                self._delayed -= 1
        return replace(refused, status=429, retry_after_s=math.ceil(failures.ends_in_s))

    def is_to_be_recorded(self, request: Request) -> bool:
        """Who tries ever new identities, from ever new addresses, fills no table with them."""
        if self._counts.count("recorded", request.address) >= RECORDED_PER_ADDRESS:
            return False
        if self._counts.count("recorded") >= RECORDED_IN_ALL:
            return False
        self._counts.note("recorded", request.address)
        self._counts.note("recorded")
        return True

    # --- Takeovers -------------------------------------------------------------------------------

    def took_over(self, identity: str) -> bool:
        """Whether this takeover makes it a storm, for which the identity is frozen."""
        self._counts.note("takeover", identity.lower())
        if self._counts.count("takeover", identity.lower()) <= TAKEOVERS_PER_MINUTE:
            return False
        _remember(self._frozen_until, identity.lower(), time.monotonic() + FROZEN_FOR_S)
        return True

    def frozen_s(self, identity: str) -> float:
        """For how many seconds no further socket may replace the open one."""
        return max(0.0, self._frozen_until.get(identity.lower(), 0.0) - time.monotonic())


def _remember(times: OrderedDict[str, float], key: str, until: float) -> None:
    times[key] = until
    times.move_to_end(key)
    if len(times) > REMEMBERED:
        times.popitem(last=False)
