"""`manage.py simulate --chargers 1000 --scenario depot-night --seed 7`: simulate a fleet."""

import asyncio
import resource
import sys
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from chargepoints.management import numbers
from connect_site.simulation import fleet
from connect_site.simulation.comparison import compare
from connect_site.simulation.fleet import percentile
from connect_site.simulation.journal import Journal
from connect_site.simulation.nights import SCENARIOS
from connect_site.simulation.registration import register

MOST_CHARGERS = 50_000
# File descriptors for other uses than sockets.
SPARE_FILES = 100
EVERY_ON_PAPER = 10


class Command(BaseCommand):
    help = (
        "Simulates a fleet of chargers against the server of this installation, which must be "
        "running on this machine. The chargers, SIM-00001 and so on, are registered at the site "
        "Simulation. At the end the chargers' journal is compared with the database, and with the "
        "events that core received; the exit status is 1 if they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chargers", type=numbers.between(1, MOST_CHARGERS), default=100)
        parser.add_argument("--scenario", choices=list(SCENARIOS), default=next(iter(SCENARIOS)))
        parser.add_argument(
            "--seed",
            type=numbers.between(0, 2**31),
            default=1,
            help="the same seed, the same night",
        )
        parser.add_argument(
            "--seconds",
            type=numbers.between(10, 86_400),
            default=600,
            help="how long the night takes, default: %(default)s",
        )
        parser.add_argument(
            "--ramp",
            type=numbers.between(0, 3_600),
            default=60,
            help="the seconds within which all connect, default: %(default)s",
        )
        parser.add_argument(
            "--interval",
            type=numbers.between(1, 3_600),
            default=50,
            help="the seconds between the samples of a charger, default: %(default)s",
        )
        parser.add_argument("--port", type=numbers.port, default=settings.PORT)

    def handle(self, *args: Any, chargers: int, port: int, **options: Any) -> None:
        _allow_sockets(chargers)
        seconds, ramp = options["seconds"], min(options["ramp"], options["seconds"] // 2)
        nights = SCENARIOS[options["scenario"]](chargers, options["seed"], seconds, ramp)
        self.stdout.write(f"Registering {chargers:,} chargers ...")
        keys = register([night.identity for night in nights])
        since = timezone.now()
        # Return it to the pool, which checks it: the database may restart during the night.
        connections.close_all()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            journal = runner.run(
                fleet.run(nights, keys, port, options["interval"], self._display())
            )
        self._report(journal)
        self.stdout.write("\nThe journal compared with the database:")
        found = compare(journal, since)
        for line in found.lines():
            self.stdout.write(line)
        if found.faults:
            sys.exit(1)

    def _display(self) -> fleet.Show:
        """One line that is overwritten; without a terminal, every tenth line is printed."""
        over = "\r" if self.stdout.isatty() else ""
        shown = 0

        def show(line: str) -> None:
            nonlocal shown
            if over or shown % EVERY_ON_PAPER == 0:
                self.stdout.write(over + line, ending="" if over else "\n")
                self.stdout.flush()
            shown += 1

        return show

    def _report(self, journal: Journal) -> None:
        latencies = journal.all_latencies
        self.stdout.write("\n\nThe night is over.")
        if journal.all_booted_after_s is not None:
            after_s = journal.all_booted_after_s
            self.stdout.write(f"  all had booted after                {after_s:>12.0f} s")
        for percent in (50, 99, 100):
            answered_ms = percentile(latencies, percent) * 1000
            self.stdout.write(
                f"  answered within, of {percent:>3} per cent    {answered_ms:>12.0f} ms"
            )
        for name, count in sorted(journal.counts.items()):
            self.stdout.write(f"  {name:<36}{count:>12,}")


def _allow_sockets(count: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + SPARE_FILES:
        raise CommandError(f"this process may open {hard} files; {count} chargers need more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
