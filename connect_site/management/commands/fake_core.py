"""`manage.py fake_core`: a core for development; it answers, receives events, fails on demand."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.management import numbers
from tests.fakes.core import FakeCore

JOURNAL_LENGTH = 10_000


class Command(BaseCommand):
    help = (
        "Run a fake core: point CORE_URL at it. It checks CORE_TOKEN and EVENTS_SECRETS, shows "
        "what it received at /, and takes faults at POST /faults."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=numbers.port, default=8001)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        core = FakeCore(
            host,
            port,
            token=settings.CORE_TOKEN or None,
            secrets=settings.EVENTS_SECRETS,
            keep=JOURNAL_LENGTH,
        )
        try:
            core.start()
        except OSError as error:
            raise CommandError(f"cannot serve on {host}:{port}: {error.strerror}") from None
        self.stdout.write(f"The fake core answers at {core.url}/")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
        core.stop()
