"""`python -m benchmarks [--quick] [--rounds N] [--only a,b,c,...] [--mix plain,...] [--json FILE]`

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

from benchmarks import commands, measure, report, rest, systems
from benchmarks.core_link import measure as core_link
from benchmarks.facts import facts
from benchmarks.gateway import PASSWORD, Gateway, temporary_directory
from benchmarks.load.mixes import MIXES
from benchmarks.load.scenarios import Target
from benchmarks.measure import Figures

PARTS = ("a", "a2", "b", "b2", "c", "cp", "cu", "commands", "rest", "neighbours", "core")


def main() -> None:
    options = _options()
    _allow_many_sockets()
    seconds = 3.0 if options.quick else options.seconds
    wanted = _chosen(options.only, PARTS)
    mixes = [name for name in MIXES if name in _chosen(options.mix, tuple(MIXES))]
    with (
        temporary_directory(options.directory, keep=options.keep) as directory,
        systems.databases(directory, wanted) as (sqlite, postgres),
    ):
        machine = facts(directory)
        print("\n" + ", ".join(f"{name} {value}" for name, value in machine.items()))
        subjects = [
            subject
            for subject in [
                *systems.echoes(directory),
                *systems.routers(directory),
                *systems.gateways(sqlite, postgres),
            ]
            if subject.key in wanted
        ]
        figures = _compare(subjects, mixes, seconds, options.rounds, directory)
        _print_systems(subjects, mixes, figures)
        others = _others(wanted, sqlite, postgres, seconds, directory)
        if "core" in wanted:
            _progress("the core link: events and decisions")
            core_link.run(directory, *((5000, 2000) if options.quick else (20_000, 10_000)))
    if options.json:
        everything = {"machine": machine, "systems": figures, **others}
        options.json.write_text(json.dumps(everything, indent=2) + "\n")


def _chosen(text: str | None, names: tuple[str, ...]) -> set[str]:
    wanted = set(text.split(",")) if text else set(names)
    if unknown := wanted - set(names):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return wanted


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 3 s a measurement")
    parser.add_argument("--seconds", type=float, default=8.0, help="for a measurement (8)")
    parser.add_argument("--rounds", type=int, default=1, help="take turns; print the medians (1)")
    parser.add_argument("--only", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--mix", help=f"of {', '.join(MIXES)}")
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


def _compare(
    subjects: list[systems.System],
    mixes: list[str],
    seconds: float,
    rounds: int,
    directory: Path,
) -> report.Systems:
    collected: dict[str, dict[str, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for subject in subjects:
            _progress(f"round {number + 1} of {rounds}: ({subject.key}) {subject.title}")
            chosen = [mix for mix in mixes if subject.every_mix or mix == "plain"]
            for mix, own in measure.system(subject, chosen, seconds, directory).items():
                collected[subject.key][mix].append(own)
    return {
        key: {mix: report.of_rounds(rounds_of) for mix, rounds_of in of_system.items()}
        for key, of_system in collected.items()
    }


def _others(
    wanted: set[str],
    sqlite: Gateway,
    postgres: Gateway | None,
    seconds: float,
    directory: Path,
) -> dict[str, dict[str, Figures]]:
    """What is not a comparison of systems; printed as it comes."""
    figures: dict[str, dict[str, Figures]] = {}
    if "commands" in wanted:
        _progress("commands through the API")
        figures["commands"] = commands.run(sqlite, postgres, directory)
        _print_table("commands", figures["commands"], report.COMMAND_COLUMNS)
    if "rest" in wanted:
        _progress("at rest")
        figures["rest"] = rest.run(sqlite, directory, seconds)
        _print_table("at rest", figures["rest"], report.REST_COLUMNS)
    if "neighbours" in wanted:
        figures["neighbours"] = _neighbours(sqlite, seconds)
        title = (
            f"{measure.STEADY_CHARGERS} chargers, {measure.STEADY_PER_SECOND:g} messages/s each,"
            " beside one that is"
        )
        _print_table(title, figures["neighbours"], report.NEIGHBOUR_COLUMNS)
    return figures


def _neighbours(gateway: Gateway, seconds: float) -> dict[str, Figures]:
    """Each kind on the same running gateway, with its limits as they are by default."""
    figures = {}
    with gateway.on_daphne({}) as (port, pid):
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


def _print_systems(
    subjects: list[systems.System], mixes: list[str], figures: report.Systems
) -> None:
    titles = {mix: MIXES[mix].title for mix in mixes}
    plain = [
        (f"({s.key}) {s.title}", figures[s.key]["plain"]) for s in subjects if "plain" in mixes
    ]
    if plain:
        print(f"\n{titles['plain']}\n" + "\n".join(report.table(plain, report.COLUMNS)))
    if rows := report.of_mixes(figures, titles):
        print("\n" + "\n".join(report.table(rows, report.MIX_COLUMNS)))
    if goals := report.comparison(figures, titles):
        print("\n" + "\n".join(goals + report.durability(figures)))
    if lines := report.warnings(report.flat(figures)):
        print("\nNote\n" + "\n".join(lines))


def _print_table(title: str, figures: dict[str, Figures], columns: report.Columns) -> None:
    rows = [(f"  {name}", own) for name, own in figures.items()]
    print(f"\n{title}\n" + "\n".join(report.table(rows, columns)))
    if lines := report.warnings(figures):
        print("\n".join(lines))


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
