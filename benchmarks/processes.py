"""CPU time and memory of running processes, children included, from /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stat:
    parent: int
    ticks: int


def _stat(pid: int) -> Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold blanks; what follows does not. See proc(5).
    fields = text.rpartition(")")[2].split()
    # utime, stime, and those of the children that have ended and were waited for.
    return Stat(parent=int(fields[1]), ticks=sum(map(int, fields[11:15])))


def _tree(pid: int) -> dict[int, Stat]:
    """The process and all its descendants."""
    everything = {int(p.name): _stat(int(p.name)) for p in Path("/proc").glob("[0-9]*")}
    children: dict[int, list[int]] = defaultdict(list)
    for child, stat in everything.items():
        if stat:
            children[stat.parent].append(child)
    found: dict[int, Stat] = {}
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        if stat := everything.get(current):
            found[current] = stat
            waiting += children[current]
    return found


def cpu_seconds(pid: int | None) -> float:
    """User and system time that the process and its children have used; 0 for no process."""
    if pid is None:
        return 0.0
    return sum(stat.ticks for stat in _tree(pid).values()) / TICKS


def resident_kib(pid: int) -> int:
    """Resident memory of the process and its children."""
    total = 0
    for member in _tree(pid):
        try:
            status = Path(f"/proc/{member}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line)
    return total


def machine_busy_seconds() -> float:
    """CPU time that everything on this machine has used since it started."""
    user, nice, system, _idle, _iowait, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / TICKS
