"""The figures as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.load.mixes import MIXES
from benchmarks.measure import Figures

Columns = Sequence[tuple[str, str, str]]

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
MIX_COLUMNS = (
    ("messages/s", "messages_per_second", "{:,.0f}"),
    ("x (b)", "times_b", "{:,.2f}"),
    ("CPU us/msg", "server_us", "{:,.0f}"),
    ("DB us/msg", "database_us", "{:,.0f}"),
    ("x (b) by CPU", "times_b_cpu", "{:,.2f}"),
    ("p50 ms", "p50_ms", "{:,.1f}"),
    ("p99 ms", "p99_ms", "{:,.1f}"),
)
COMMAND_COLUMNS = (
    ("p50 ms", "p50_ms", "{:,.1f}"),
    ("p99 ms", "p99_ms", "{:,.1f}"),
    ("taken in s", "taken_s", "{:,.1f}"),
    ("all done s", "done_s", "{:,.1f}"),
)
REST_COLUMNS = (("CPU % of a core", "cpu_percent", "{:,.1f}"),)
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
# By system, then by mix.
Systems = dict[str, dict[str, Figures]]
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


def table(rows: Sequence[tuple[str, Figures]], columns: Columns) -> list[str]:
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


def of_mixes(figures: Systems, titles: dict[str, str]) -> list[tuple[str, Figures]]:
    """A row for each mix and system, with how much more (b) needs, or does, in the same mix."""
    rows = []
    for mix, title in titles.items():
        first = title
        for key, of_system in figures.items():
            if (own := of_system.get(mix)) is None or (mix == "plain" and len(titles) > 1):
                continue
            rows.append((f"{first:<42} ({key})", own | _beside_b(figures, mix, own)))
            first = ""
    return rows


def _beside_b(figures: Systems, mix: str, own: Figures) -> Figures:
    router = figures.get("b", {}).get(mix)
    if not router or own is router:
        return {}
    return {
        "times_b": own["messages_per_second"] / router["messages_per_second"],
        "times_b_cpu": router["server_us"] / (own["server_us"] + own["database_us"]),
    }


def comparison(figures: Systems, titles: dict[str, str]) -> list[str]:
    """What is asked for: the value, the least that will do, and the aim."""
    lines = []
    every = [own for of_system in figures.values() for own in of_system.values()]
    busy = any(own.get("others_share", 0) > BUSY for own in every)
    for title, value, least, aim in _goals(figures, titles):
        ahead = value >= least if least <= aim else value <= least
        there = value >= aim if least <= aim else value <= aim
        verdict = "aim reached" if there else "enough" if ahead else "MISSED"
        if busy:
            verdict += " on a busy machine: says little"
        lines.append(f"  {title:<64}{value:>9,.2f}   least {least:>6g}   aim {aim:>6g}   {verdict}")
    return lines


def _goals(figures: Systems, titles: dict[str, str]) -> Iterable[tuple[str, float, float, float]]:
    for gateway, least, aim in (("c", 3.0, 6.0), ("cp", 2.0, 4.0)):
        for mix, own in figures.get(gateway, {}).items():
            # (b) asks no core.
            if MIXES[mix].core_ms is None and (beside := _beside_b(figures, mix, own)):
                title = f"({gateway}) / (b) messages/s, {titles[mix]}"
                yield title, beside["times_b"], least, aim
    yield from _goals_on_sqlite(figures)


def _goals_on_sqlite(figures: Systems) -> Iterable[tuple[str, float, float, float]]:
    own = figures.get("c", {})
    if "events201" in own and "meters" in own:
        ratio = own["events201"]["server_us"] / own["meters"]["server_us"]
        yield "(c) CPU of a TransactionEvent / of a 1.6 MeterValues", ratio, 1.5, 1.0
    if "events21" in own and "events201" in own:
        ratio = own["events21"]["server_us"] / own["events201"]["server_us"]
        yield "(c) CPU of a TransactionEvent of 2.1 / of 2.0.1", ratio, 1.05, 1.0
    if (plain := own.get("plain")) is None:
        return
    if echo := figures.get("a", {}).get("plain"):
        yield "(c) / (a) CPU a message", plain["server_us"] / echo["server_us"], 2.0, 1.0
    if router := figures.get("b", {}).get("plain"):
        ratio = plain["connects_per_second"] / router["connects_per_second"]
        yield "(c) / (b) connects/s", ratio, 1.0, 1.5
    yield "(c) CPU us a message", plain["server_us"], 300, 200
    yield "(c) KiB an idle charger", plain["kib_per_idle_charger"], 16, 12


def durability(figures: Systems) -> list[str]:
    return [
        f"  ({key}) answered {own['answered']:,.0f} messages, stored {own['stored']:,.0f}"
        for key, of_system in figures.items()
        for own in of_system.values()
        if "stored" in own
    ]


def flat(figures: Systems) -> dict[str, Figures]:
    return {
        f"{key}, {mix}": own for key, of_system in figures.items() for mix, own in of_system.items()
    }


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
