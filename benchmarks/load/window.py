"""What was used between two moments: the server's CPU, the database's, ours, and the rest's."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.processes import cpu_seconds, machine_busy_seconds


@dataclass(frozen=True)
class Usage:
    """CPU seconds, and the seconds that passed."""

    elapsed: float
    server: float
    database: float
    load: float
    machine: float

    @property
    def others(self) -> float:
        """Share of one core used by processes that have no part in this measurement."""
        return max(0.0, self.machine - self.server - self.database - self.load) / self.elapsed


class Window:
    def __init__(self, server_pid: int, database_pid: int | None) -> None:
        self._server_pid = server_pid
        self._database_pid = database_pid
        self._start = self._now()

    def usage(self) -> Usage:
        return Usage(
            *(end - start for end, start in zip(self._now(), self._start, strict=True)),
        )

    def _now(self) -> tuple[float, float, float, float, float]:
        return (
            time.perf_counter(),
            cpu_seconds(self._server_pid),
            cpu_seconds(self._database_pid),
            time.process_time(),
            machine_busy_seconds(),
        )


def percentile(values: list[float], percent: float) -> float:
    """Nearest rank; 0 where nothing was measured."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
