"""The chargers' journal: what each has sent, and what was acknowledged."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class SentTransaction:
    """One transaction; `transaction_id` is None until the start is acknowledged."""

    transaction_id: str | None = None
    start_wh: float | None = None
    stop_wh: float | None = None


@dataclass(slots=True)
class Book:
    """One charger's journal: ids of acknowledged messages, and the times of their samples. Two
    samples may have the same time, such as that of the start and the next one.
    """

    acknowledged: set[str] = field(default_factory=set)
    samples: Counter[str] = field(default_factory=Counter)
    transaction: SentTransaction = field(default_factory=SentTransaction)


@dataclass(slots=True)
class Journal:
    books: dict[str, Book] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    # Seconds from a message to its answer; the display moves them to `all_latencies`.
    latencies: list[float] = field(default_factory=list)
    all_latencies: list[float] = field(default_factory=list)
    connected: set[str] = field(default_factory=set)
    charging: set[str] = field(default_factory=set)
    # When the last charger had booted, in seconds from the start.
    all_booted_after_s: float | None = None

    def book(self, identity: str) -> Book:
        return self.books.setdefault(identity, Book())
