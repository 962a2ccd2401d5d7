"""The circuit breaker: after several failures in a row only single requests probe core."""

import time
from collections.abc import Callable

OPENS_AFTER = 5
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class CircuitBreaker:
    """Closed: all requests are sent. Open: none. Half-open: one, and its outcome decides.

    Used only by the event loop's thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._failed_probes = 0
        self._pause_ends = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        return self._failures >= OPENS_AFTER

    def admits(self) -> bool:
        """Whether to ask now; if so, the caller must call `succeeded`, `failed` or `gave_up`."""
        if not self.is_open:
            return True
        if self._probing or self._clock() < self._pause_ends:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures = self._failed_probes = 0
        self._probing = False

    def failed(self) -> None:
        if self.is_open:
            if not self._probing:
                return  # sent before the breaker opened
            self._probing = False
            self._failed_probes += 1
        else:
            self._failures += 1
        pause = PAUSES_S[min(self._failed_probes, len(PAUSES_S) - 1)]
        self._pause_ends = self._clock() + pause

    def gave_up(self) -> None:
        """The question was cancelled, so the breaker learned nothing."""
        self._probing = False
