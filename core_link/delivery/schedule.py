"""When failed deliveries are retried."""

from datetime import datetime, timedelta
from random import SystemRandom

# Standard Webhooks, "Deliverability and reliability": about 75 hours in all.
RETRY_DELAYS_S = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
# An endpoint that is down is probed by single deliveries, soon at first and then regularly.
PROBE_DELAYS_S = [0, 0.5, 1, 2, 4, 8, 15, 30, 60]
LONGEST_HOLD_S = 3600
JITTER = 0.1

_random = SystemRandom()


def after_strike(strikes: int, now: datetime) -> datetime | None:
    """The next attempt of a delivery that fails by itself; None: give it up."""
    if strikes > len(RETRY_DELAYS_S):
        return None
    return now + _jittered(RETRY_DELAYS_S[strikes - 1])


def next_probe(failures: int, now: datetime) -> datetime:
    """When to retry an endpoint after this many failures in a row."""
    return now + _jittered(PROBE_DELAYS_S[min(failures, len(PROBE_DELAYS_S)) - 1])


def hold(retry_after_s: float, now: datetime) -> datetime:
    return now + timedelta(seconds=min(retry_after_s, LONGEST_HOLD_S))


def _jittered(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * _random.uniform(1 - JITTER, 1 + JITTER))
