"""Counters of this process about core's decisions, for Prometheus."""

from prometheus_client import Counter, Histogram

DECISIONS = Counter("connect_decisions", "Decisions about tokens, by who decided", ["decided_by"])
DECISION_SECONDS = Histogram(
    "connect_decision_seconds",
    "Duration of a decision about a token",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5),
)
CORE_SECONDS = Histogram(
    "connect_core_seconds",
    "Duration of a question to core, by path; `answered` is no if core gave no answer",
    ["path", "answered"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5),
)
