"""Counters of this process, for Prometheus."""

from functools import cache

from prometheus_client import Counter

MESSAGES = Counter(
    "connect_messages", "OCPP messages, by direction", ["direction", "version", "action"]
)
DEVIATIONS = Counter("connect_deviations", "Odd things in messages of chargers", ["version"])
DUPLICATES = Counter("connect_duplicates", "Repeated CALLs, answered with the same reply")
UNEXPECTED_ANSWERS = Counter("connect_unexpected_answers", "Answers to nothing that was asked")
REFUSALS = Counter("connect_refused_handshakes", "Refused handshakes", ["reason"])


def message(direction: str, version: str, action: str, deviations: list[str]) -> None:
    """Count a message; only actions of a schema come here by name, others as empty text."""
    _messages(direction, version, action).inc()
    if deviations:
        DEVIATIONS.labels(version).inc(len(deviations))


@cache
def _messages(direction: str, version: str, action: str) -> Counter:
    return MESSAGES.labels(direction, version, action)
