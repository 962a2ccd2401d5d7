"""`runserver`, which Django developers expect: points to the gateway's own server."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Says which command starts the server: `serve`."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("anything", nargs="*")

    def run_from_argv(self, argv: list[str]) -> None:
        # Ignores all options of Django's own command.
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(
            "Django's development server speaks no WebSockets: chargers could not connect."
            " Type `python manage.py serve`, or `make run` for a demonstration with chargers."
        )
