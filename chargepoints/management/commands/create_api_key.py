"""`manage.py create_api_key NAME`: a key for the API, printed once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chargepoints.management.numbers import between
from chargepoints.models import ApiKey

LONGEST_NAME = 100
MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Creates a key for the API and prints it; only its hash is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who uses it; commands are stored with this name")
        parser.add_argument("--scope", choices=ApiKey.Scope.values, default=ApiKey.Scope.READ.value)
        parser.add_argument(
            "--expires-days", type=between(1, MOST_DAYS), metavar="N", help="default: never"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, days = options["name"], options["expires_days"]
        if not 1 <= len(name) <= LONGEST_NAME:
            raise CommandError("the name must have 1 to 100 characters")
        if ApiKey.objects.filter(name=name).exists():
            raise CommandError(f"there is already a key with the name {name!r}")
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        _, key = ApiKey.issue(name, options["scope"], expires_at=expires_at)
        self.stdout.write(key)
