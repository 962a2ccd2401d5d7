"""`manage.py export_trace IDENTITY`: the messages on a charge point's socket, as lines of JSON."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chargepoints.services.history import trace_export
from chargepoints.services.stations import registry


class Command(BaseCommand):
    help = (
        "Writes the messages and events of a charge point to standard output, one JSON object per "
        "line: for its vendor, or for `manage.py replay`. Passwords and key codes are removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity")
        parser.add_argument("--since", type=_moment, help="RFC 3339; default: 24 hours ago")
        parser.add_argument("--until", type=_moment, help="RFC 3339; default: now")

    def handle(self, *args: Any, identity: str, **options: Any) -> None:
        charge_point = registry.find(identity)
        if charge_point is None:
            raise CommandError(f"there is no charge point {identity}")
        until = options["until"] or timezone.now()
        since = options["since"] or until - timedelta(days=1)
        for line in trace_export.lines(charge_point, since, until):
            self.stdout.write(orjson.dumps(line).decode())


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("has no offset")
    return moment
