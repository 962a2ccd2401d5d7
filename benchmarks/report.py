"""The figures as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.measure import Figures

COLUMNS = (
    ("messages/s", "messages_per_second", "{:,.0f}"),
    ("CPU us/msg", "server_us", "{:,.0f}"),
    ("DB us/msg", "database_us", "{:,.0f}"),
    ("p50 ms", "p50_ms", "{:,.1f}"),
    ("p99 ms", "p99_ms", "{:,.1f}"),
    ("KiB/idle", "kib_per_idle_charger", "{:,.1f}"),
    ("connects/s", "connects_per_second", "{:,.0f}"),
    ("CPU us/conn", "server_us_per_connect", "{:,.0f}"),
    ("load us/msg", "load_us", "{:,.0f}"),
)
NEIGHBOUR_COLUMNS = (
    ("p50 ms", "p50_ms", "{:,.1f}"),
    ("p99 ms", "p99_ms", "{:,.1f}"),
    ("max ms", "max_ms", "{:,.1f}"),
    ("messages/s", "messages_per_second", "{:,.0f}"),
    ("CPU %", "server_percent", "{:,.0f}"),
    ("RSS MiB", "resident_mib", "{:,.0f}"),
    ("its KiB/s", "neighbour_kib_per_second", "{:,.0f}"),
    ("its connects", "neighbour_connects", "{:,.0f}"),
)
TROUBLES = ("lost", "call_errors", "disconnects", "stalled")
BUSY = 0.10


def of_rounds(rounds: Iterable[Figures]) -> Figures:
    """The median of each figure; what went wrong is added up."""
    rounds = list(rounds)
    total = ("answered", "stored", *TROUBLES)
    return {
        name: (sum if name in total else median)([figures[name] for figures in rounds])
        for name in rounds[0]
    }


def table(
    rows: Sequence[tuple[str, Figures]], columns: Sequence[tuple[str, str, str]]
) -> list[str]:
    cells = [["", *(title for title, _, _ in columns)]]
    for title, figures in rows:
        cells.append(
            [title, *(form.format(figures[n]) if n in figures else "-" for _, n, form in columns)]
        )
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns) + 1)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in cells
    ]


def comparison(figures: dict[str, Figures]) -> list[str]:
    """What the issue asks for: the value, the least that will do, and the aim."""
    lines = []
    busy = any(own.get("others_share", 0) > BUSY for own in figures.values())
    for title, value, least, aim in _goals(figures):
        ahead = value >= least if least <= aim else value <= least
        there = value >= aim if least <= aim else value <= aim
        verdict = "aim reached" if there else "enough" if ahead else "MISSED"
        if busy:
            verdict += " on a busy machine: says little"
        lines.append(f"  {title:<44}{value:>9,.2f}   least {least:>6g}   aim {aim:>6g}   {verdict}")
    return lines


def _goals(figures: dict[str, Figures]) -> Iterable[tuple[str, float, float, float]]:
    def throughput(key: str) -> float:
        return figures[key]["messages_per_second"]

    for gateway, least, aim in (("c", 3.0, 4.0), ("cp", 1.5, 1.5)):
        if gateway not in figures:
            continue
        own = figures[gateway]
        if "b" in figures:
            yield f"({gateway}) / (b) messages/s", throughput(gateway) / throughput("b"), least, aim
        if "b2" in figures:
            least_b2 = 1.0 if gateway == "c" else 0.0
            ratio = throughput(gateway) / throughput("b2")
            yield f"({gateway}) / (b2) messages/s", ratio, least_b2, least_b2
        if gateway == "c":
            yield "(c) CPU us a message", own["server_us"], 300, 200
            yield "(c) KiB an idle charger", own["kib_per_idle_charger"], 64, 45
            yield "(c) connects/s", own["connects_per_second"], 300, 600


def durability(figures: dict[str, Figures]) -> list[str]:
    return [
        f"  ({key}) answered {own['answered']:,.0f} messages, stored {own['stored']:,.0f}"
        for key, own in figures.items()
        if "stored" in own
    ]


def warnings(figures: dict[str, Figures]) -> list[str]:
    lines = []
    for key, own in figures.items():
        for trouble in TROUBLES:
            if own.get(trouble):
                lines.append(f"  ({key}) {trouble.replace('_', ' ')}: {own[trouble]:,.0f}")
        if own.get("others_share", 0) > BUSY:
            share = own["others_share"]
            lines.append(f"  ({key}) other processes took {share:.0%} of a core: too low a figure")
        if own.get("load_share", 0) > 0.9:
            lines.append(f"  ({key}) the load generator was the bottleneck: too low a figure")
    return lines
