"""Counters of this process, for Prometheus."""

from collections import defaultdict

from prometheus_client import Counter, Histogram

from chargepoints.observability.sums import Sums

MESSAGES = Counter(
    "connect_messages",
    "OCPP messages, by direction, action and outcome",
    ["direction", "version", "action", "outcome"],
)
HANDLING_SECONDS = Histogram(
    "connect_handling_seconds",
    "From the receipt of a charger's message to its reply, including core's decision",
    ["action"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DEVIATIONS = Counter("connect_deviations", "Deviations in messages of chargers", ["version"])
DEVIATIONS_BY_FIRMWARE = Counter(
    "connect_deviations_by_firmware",
    "Deviations in messages of chargers, by product and firmware",
    ["vendor", "model", "firmware"],
)
CONNECTIONS = Counter("connect_connections", "Opened sockets of chargers", ["vendor", "model"])
DUPLICATES = Counter("connect_duplicates", "Repeated CALLs, answered with the same reply")
UNEXPECTED_ANSWERS = Counter("connect_unexpected_answers", "Answers of chargers without a request")
REFUSED_RESULTS = Counter(
    "connect_refused_results", "Our results that chargers answered with CALLRESULTERROR"
)
LOST_SENDS = Counter(
    "connect_lost_sends", "Unconfirmed messages (SEND) lost because they came too fast"
)
REFUSALS = Counter("connect_refused_handshakes", "Refused handshakes", ["reason"])
BATCH_UNITS = Histogram(
    "connect_batch_units",
    "Units of work in one transaction of a writer",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
BATCH_BACKLOG = Histogram(
    "connect_batch_backlog",
    "Units of work that wait when a transaction of a writer begins",
    buckets=(0, 1, 10, 50, 100, 500, 1000, 5000),
)
COMMIT_SECONDS = Histogram(
    "connect_commit_seconds",
    "Duration of a writer's transaction",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

# Chargers name their own product, so the number of series is limited.
MOST_PRODUCTS = 300
OTHER = "other"

# Not yet passed to Prometheus: counts by version, action and outcome.
_received: defaultdict[tuple[str, str, str], int] = defaultdict(int)
_handling: dict[str, Sums] = {}
_batches: list[Sums] = []
_products: set[tuple[str, ...]] = set()


def received(
    version: str,
    action: str,
    reply: str,
    seconds: float,
    deviations: list[str],
    product: tuple[str, str, str],
) -> None:
    """Count a message of a charger; `action` is empty unless a schema has that name.

    Called in the event loop's thread only, like `publish`.
    """
    outcome = "none" if not reply else "error" if reply.startswith("[4") else "result"
    _received[version, action, outcome] += 1
    sums = _handling.get(action)
    if sums is None:
        sums = _handling[action] = Sums(HANDLING_SECONDS.labels(action))
    sums.observe(seconds)
    if deviations:
        DEVIATIONS.labels(version).inc(len(deviations))
        DEVIATIONS_BY_FIRMWARE.labels(*_bounded(product)).inc(len(deviations))


def batch_sums() -> tuple[Sums, Sums, Sums]:
    """Sums of one writer: units, waiting units, and seconds."""
    sums = Sums(BATCH_UNITS), Sums(BATCH_BACKLOG), Sums(COMMIT_SECONDS)
    _batches.extend(sums)
    return sums


def publish() -> None:
    for (version, action, outcome), count in _received.items():
        MESSAGES.labels("in", version, action, outcome).inc(count)
    _received.clear()
    for sums in (*_handling.values(), *_batches):
        sums.publish()


def sent(version: str, action: str, outcome: str, deviations: list[str]) -> None:
    """Count a CALL of ours that has ended."""
    MESSAGES.labels("out", version, action, outcome).inc()
    if deviations:
        DEVIATIONS.labels(version).inc(len(deviations))


def connected(product: tuple[str, str, str]) -> None:
    CONNECTIONS.labels(*_bounded(product)[:2]).inc()


def _bounded(product: tuple[str, ...]) -> tuple[str, ...]:
    if product not in _products:
        if len(_products) >= MOST_PRODUCTS:
            return (OTHER,) * len(product)
        _products.add(product)
    return product
