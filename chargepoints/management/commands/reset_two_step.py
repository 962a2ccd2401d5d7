"""`manage.py reset_two_step NAME`: for who has lost their device, where no superuser can help."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.admin import second_factor


class Command(BaseCommand):
    help = "Has somebody of the staff sign in with the password alone, until set up again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"there is no user called {options['name']!r}")
        if not second_factor.remove(user):
            raise CommandError(f"{user} has not set up two steps")
        second_factor.end_sessions(user)
        self.stdout.write(f"{user} signs in with the password alone")
