"""Slows down clients that guess keys, and stops repeated takeovers of an identity for a while.

A charger with the right key is always admitted, even if others fail at its address: many
chargers share one. The database counts failures (`refusals.record`), for all processes.
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
# The most rows a minute about clients over a limit: for one address, and in total.
RECORDED_PER_ADDRESS = 20
RECORDED_IN_ALL = 200
LONGEST_DELAY_S = 8.0
# Each delayed answer holds a socket; beyond this number, refusals are sent at once.
MOST_DELAYED = 200
TAKEOVERS_PER_MINUTE = 5
FROZEN_FOR_S = 300.0
REMEMBERED = 10_000
# How often in a second the registry is queried for new identities.
QUERIES_PER_SECOND = 20

TOO_MANY = Refused(
    429,
    "too_many_failures",
    "Too many handshakes from this address failed within a minute. Correct the chargers that fail.",
)


class HandshakeGuard:
    """The guard of one process; runs on its event loop."""

    def __init__(self) -> None:
        self._counts = MinuteCounts(most_times=RECORDED_IN_ALL)
        self._over_limit: OrderedDict[str, float] = OrderedDict()
        self._frozen_until: OrderedDict[str, float] = OrderedDict()
        self._registered: set[str] = set()
        self._registered_until = 0
        self._queries = (0, 0)
        self._delayed = 0

    # --- Guessing --------------------------------------------------------------------------------

    def is_over_limit(self, request: Request) -> bool:
        """Whether this address has failed too often, as far as this process knows."""
        return self._over_limit.get(request.address, 0.0) > time.monotonic()

    def is_registered(self, request: Request) -> bool:
        return request.identity.lower() in self._registered

    def next_registry_query(self) -> int | None:
        """The id of the newest known row, if the registry may be queried once more; else None."""
        second, queries = self._queries
        now = int(time.monotonic())
        queries = queries + 1 if second == now else 1
        self._queries = now, queries
        return self._registered_until if queries <= QUERIES_PER_SECOND else None

    def add_registered(self, identities: dict[int, str]) -> None:
        self._registered.update(map(str.lower, identities.values()))
        self._registered_until = max(identities, default=self._registered_until)

    async def answer_late(self, request: Request, refused: Refused, failures: Failures) -> Refused:
        """Delay the answer to a failed handshake, longer each time; finally answer with 429."""
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
        """Limits the rows about clients that keep trying new identities from new addresses."""
        if self._counts.count("recorded", request.address) >= RECORDED_PER_ADDRESS:
            return False
        if self._counts.count("recorded") >= RECORDED_IN_ALL:
            return False
        self._counts.note("recorded", request.address)
        self._counts.note("recorded")
        return True

    # --- Takeovers -------------------------------------------------------------------------------

    def count_takeover(self, identity: str) -> bool:
        """Count a takeover; return whether there are too many, so that the identity is frozen."""
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
