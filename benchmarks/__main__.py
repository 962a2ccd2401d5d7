"""`python -m benchmarks [--quick] [--rounds N] [--only a,b,c,...] [--json FILE]`

The parts, and what is measured how: README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks import measure, report, systems
from benchmarks.core_link import measure as core_link
from benchmarks.facts import facts
from benchmarks.gateway import PASSWORD, Gateway, temporary_directory
from benchmarks.load.scenarios import Target
from benchmarks.measure import Figures

PARTS = ("a", "a2", "b", "b2", "c", "cp", "cu", "neighbours", "core")


def main() -> None:
    options = _options()
    _allow_many_sockets()
    seconds = 3.0 if options.quick else options.seconds
    wanted = set(options.only.split(",")) if options.only else set(PARTS)
    if unknown := wanted - set(PARTS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with (
        temporary_directory(options.directory, keep=options.keep) as directory,
        systems.databases(directory, wanted) as (sqlite, postgres),
    ):
        machine = facts(directory)
        subjects = [
            subject
            for subject in [
                *systems.echoes(directory),
                *systems.routers(directory),
                *systems.gateways(sqlite, postgres),
            ]
            if subject.key in wanted
        ]
        figures = _compare(subjects, seconds, options.rounds)
        beside = _neighbours(sqlite, seconds) if "neighbours" in wanted else {}
        _print(machine, subjects, figures, beside, wanted)
        if "core" in wanted:
            _progress("the core link: events and decisions")
            core_link.run(directory, *((5000, 2000) if options.quick else (20_000, 10_000)))
    if options.json:
        everything = {"machine": machine, "systems": figures, "neighbours": beside}
        options.json.write_text(json.dumps(everything, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 3 s a measurement")
    parser.add_argument("--seconds", type=float, default=8.0, help="for a measurement (8)")
    parser.add_argument("--rounds", type=int, default=1, help="take turns; print the medians (1)")
    parser.add_argument("--only", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("/var/tmp") if os.access("/var/tmp", os.W_OK) else Path(tempfile.gettempdir()),
        help="where the databases are made: a real disk (/var/tmp)",
    )
    parser.add_argument("--keep", action="store_true", help="keep databases and servers' logs")
    return parser.parse_args()


def _allow_many_sockets() -> None:
    """Servers and load generator inherit it; the usual soft limit of 1,024 is too low."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _compare(subjects: list[systems.System], seconds: float, rounds: int) -> dict[str, Figures]:
    collected: dict[str, list[Figures]] = defaultdict(list)
    for number in range(rounds):
        for subject in subjects:
            _progress(f"round {number + 1} of {rounds}: ({subject.key}) {subject.title}")
            collected[subject.key].append(measure.system(subject, seconds))
    return {key: report.of_rounds(rounds_of) for key, rounds_of in collected.items()}


def _neighbours(gateway: Gateway, seconds: float) -> dict[str, Figures]:
    """Each kind on the same running gateway, with its limits as they are by default."""
    figures = {}
    with gateway.on_daphne(limited=True) as (port, pid):
        target = Target(port, PASSWORD, pid)
        for kind in measure.NEIGHBOURS:
            _progress(f"beside a bad neighbour: {kind}")
            own = measure.beside(kind, target, seconds)
            own["server_percent"] = own["server_share"] * 100
            if "neighbour_sent_bytes" in own:
                own["neighbour_kib_per_second"] = (
                    own["neighbour_sent_bytes"] / 1024 / own["neighbour_seconds"]
                )
            figures[kind] = own
    return figures


def _print(
    machine: dict[str, str | float],
    subjects: list[systems.System],
    figures: dict[str, Figures],
    beside: dict[str, Figures],
    wanted: set[str],
) -> None:
    print("\n" + ", ".join(f"{name} {value}" for name, value in machine.items()) + "\n")
    if figures:
        rows = [(f"({s.key}) {s.title}", figures[s.key]) for s in subjects]
        print("\n".join(report.table(rows, report.COLUMNS)))
        if "cp" in wanted and "cp" not in figures:
            print("(cp) gateway, PostgreSQL: not measured: PostgreSQL is not installed")
        if goals := report.comparison(figures):
            print("\n" + "\n".join(goals + report.durability(figures)))
    if beside:
        print(
            f"\n{measure.STEADY_CHARGERS} chargers, {measure.STEADY_PER_SECOND:g} messages/s each,"
            " beside one that is"
        )
        rows = [(f"  {kind}", own) for kind, own in beside.items()]
        print("\n".join(report.table(rows, report.NEIGHBOUR_COLUMNS)))
    if lines := report.warnings(figures | beside):
        print("\nNote\n" + "\n".join(lines))


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
