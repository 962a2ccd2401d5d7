"""What the fake core received: decisions asked of it, deliveries of events, and the events."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]


@dataclass
class Exchange:
    """One request of the gateway; `status` is None if it was left without an answer."""

    at: str
    path: str
    headers: dict[str, str]
    request: Any
    status: int | None
    response: Any


class Journal:
    """Thread-safe. `keep` bounds each list, for a core that runs for days."""

    def __init__(self, keep: int | None = None) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=keep)
        self._events: deque[Event] = deque(maxlen=keep)
        self._lock = threading.Lock()

    def write(self, exchange: Exchange, accepted_events: list[Event]) -> None:
        with self._lock:
            self._exchanges.append(exchange)
            self._events.extend(accepted_events)

    def clear(self) -> None:
        with self._lock:
            self._exchanges.clear()
            self._events.clear()

    @property
    def exchanges(self) -> list[Exchange]:
        with self._lock:
            return list(self._exchanges)

    @property
    def decisions(self) -> list[Exchange]:
        return [each for each in self.exchanges if each.path != "/events"]

    @property
    def deliveries(self) -> list[Exchange]:
        return [each for each in self.exchanges if each.path == "/events"]

    @property
    def events(self) -> list[Event]:
        """Every event that was acknowledged, in order of arrival, repetitions included."""
        with self._lock:
            return list(self._events)

    def events_of(self, charge_point: str) -> list[Event]:
        return [event for event in self.events if event["charge_point"] == charge_point]

    def by_charge_point(self) -> dict[str, list[Event]]:
        sorted_events: dict[str, list[Event]] = {}
        for event in self.events:
            sorted_events.setdefault(event["charge_point"], []).append(event)
        return sorted_events

    def sequence_faults(self) -> list[str]:
        """What breaks "at least once, in order, without gaps" for each charge point."""
        return [
            f"{charge_point}: {fault}"
            for charge_point, events in self.by_charge_point().items()
            for fault in _sequence_faults(events)
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "decisions": [asdict(each) for each in self.decisions],
            "deliveries": [asdict(each) for each in self.deliveries],
            "events": self.by_charge_point(),
        }


def _sequence_faults(events: list[Event]) -> list[str]:
    faults: list[str] = []
    seen: dict[int, Event] = {}
    for event in events:
        sequence = event["sequence"]
        if sequence not in seen:
            expected = max(seen) + 1 if seen else sequence
            if sequence != expected:
                faults.append(f"{sequence} came where {expected} was due")
            seen[sequence] = event
        elif seen[sequence] != event:
            faults.append(f"{sequence} came again with other content")
    return faults


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
