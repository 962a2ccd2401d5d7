"""What may go wrong with the fake core, on demand."""

import threading
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass
class Fault:
    """One fault; it holds for `times` requests to `path`, or until it is cleared.

    `slow_ms` delays the answer. `status` replaces it by an empty one of that HTTP status, with
    `Retry-After: {retry_after}` and `Location: {location}` where they are given. `wrong_schema`
    answers 200 with an object of another shape, `garbage` with no JSON at all, `down` with
    nothing: the connection is closed. `acknowledge_first` takes only that many events of a batch.
    With `event_type` it holds only for deliveries that have an event of that type among them.
    """

    path: str | None = None
    event_type: str | None = None
    times: int | None = None
    slow_ms: int = 0
    status: int | None = None
    retry_after: int | None = None
    location: str | None = None
    wrong_schema: bool = False
    garbage: bool = False
    down: bool = False
    acknowledge_first: int | None = None

    @classmethod
    def from_json(cls, knobs: Any) -> Self:
        """Raises `TypeError` or `ValueError`, with the names of knobs that cannot be set so."""
        if not isinstance(knobs, dict):
            raise TypeError("a fault is an object of knobs")
        types: dict[str, Any] = {each.name: each.type for each in fields(cls)}
        if unknown := set(knobs) - set(types):
            raise ValueError(f"no such knob: {', '.join(sorted(unknown))}")
        if wrong := [name for name, value in knobs.items() if not isinstance(value, types[name])]:
            raise ValueError(f"not the value of such a knob: {', '.join(wrong)}")
        return cls(**knobs)

    def concerns(self, path: str, request: Any) -> bool:
        if self.times == 0 or self.path not in (None, path):
            return False
        if self.event_type is None:
            return True
        events = request.get("events", []) if isinstance(request, dict) else []
        return any(event["type"] == self.event_type for event in events)


class Faults:
    """The faults that are set; the one set last comes first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.insert(0, fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, path: str, request: Any) -> Fault:
        """The fault for this request, which uses up one of its `times`."""
        with self._lock:
            for fault in self._faults:
                if fault.concerns(path, request):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return Fault()

    def active(self) -> list[Fault]:
        with self._lock:
            return [fault for fault in self._faults if fault.times != 0]
