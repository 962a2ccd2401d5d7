"""`manage.py reset_two_step NAME`: if staff lost their device, and no superuser can help."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.admin import second_factor


class Command(BaseCommand):
    help = "Lets a user sign in with the password alone, until they set up two steps again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['name']!r}")
        if not second_factor.remove(user):
            raise CommandError(f"{user} has not set up two steps")
        second_factor.end_sessions(user)
        self.stdout.write(f"{user} can now sign in with the password alone")
