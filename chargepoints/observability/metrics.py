"""Counters of this process, for Prometheus."""

from collections import defaultdict

from prometheus_client import Counter

MESSAGES = Counter(
    "connect_messages", "OCPP messages, by direction", ["direction", "version", "action"]
)
DEVIATIONS = Counter("connect_deviations", "Odd things in messages of chargers", ["version"])
DUPLICATES = Counter("connect_duplicates", "Repeated CALLs, answered with the same reply")
UNEXPECTED_ANSWERS = Counter("connect_unexpected_answers", "Answers to nothing that was asked")
REFUSED_RESULTS = Counter("connect_refused_results", "Answers of ours with a CALLRESULTERROR")
LOST_SENDS = Counter("connect_lost_sends", "Unconfirmed messages that came faster than taken")
REFUSALS = Counter("connect_refused_handshakes", "Refused handshakes", ["reason"])


# Not yet handed to Prometheus: version and action of what chargers sent.
_received: defaultdict[tuple[str, str], int] = defaultdict(int)


def received(version: str, action: str, deviations: list[str]) -> None:
    """Count a message of a charger; only actions of a schema come here by name, others as "".

    A counter of Prometheus costs more than checking the message: `publish` hands over the sums.
    Belongs to the event loop's thread, as `publish` does.
    """
    _received[version, action] += 1
    if deviations:
        DEVIATIONS.labels(version).inc(len(deviations))


def publish() -> None:
    for (version, action), count in _received.items():
        MESSAGES.labels("in", version, action).inc(count)
    _received.clear()


def sent(version: str, action: str, deviations: list[str]) -> None:
    """Count a CALL of ours that has come to its end."""
    MESSAGES.labels("out", version, action).inc()
    if deviations:
        DEVIATIONS.labels(version).inc(len(deviations))
