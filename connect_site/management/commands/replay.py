"""`manage.py replay TRACE`: replay an exported trace against a gateway with an empty database."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.management import numbers
from connect_site.demo.processes import ChildDiedError
from connect_site.replay import player, recording, server


class Command(BaseCommand):
    help = (
        "Replays a trace of `manage.py export_trace` against a separate gateway with an "
        "empty database, and compares the replies and the events with those that were recorded. "
        "This installation is not touched. The exit status is 1 if they differ."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("trace", type=Path, help="the file")
        parser.add_argument(
            "--minutes",
            type=numbers.between(1, 24 * 60),
            default=10,
            help="how long it may take, default: %(default)s",
        )

    def handle(self, *args: Any, trace: Path, minutes: int, **options: Any) -> None:
        try:
            read = recording.read(trace)
        except recording.NotATraceError as error:
            raise CommandError(str(error)) from None
        try:
            with server.running() as running:
                work = player.play(read, running, timedelta(minutes=minutes))
                played = asyncio.run(work)
        except (ChildDiedError, TimeoutError) as error:
            raise CommandError(f"it could not be replayed to its end: {error}") from None
        what = f"{len(read.messages)} messages and {len(read.events)} events"
        for each in [*played.notes, *played.differences]:
            self.stdout.write(each)
        if played.differences:
            raise CommandError(f"{len(played.differences)} differences in {what}", returncode=1)
        self.stdout.write(f"{what}: no difference")
