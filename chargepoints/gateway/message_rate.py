"""Limits how fast one charger may send: above it, reading pauses, and nothing is lost (P14)."""

import asyncio


class MessageRate:
    """A token bucket; a `per_second` of 0 means no limit."""

    __slots__ = ("_burst", "_per_second", "_tokens", "_updated")

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._tokens = self._burst
        self._updated = asyncio.get_running_loop().time()

    def pause(self) -> float:
        """Take one token; return how many seconds to wait until it is available."""
        if not self._per_second:
            return 0.0
        self._refill()
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._per_second)

    def take(self) -> bool:
        """Take one token, if one is available; return whether it was."""
        if not self._per_second:
            return True
        self._refill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _refill(self) -> None:
        now = asyncio.get_running_loop().time()
        earned = (now - self._updated) * self._per_second
        self._tokens = min(self._burst, self._tokens + earned)
        self._updated = now
