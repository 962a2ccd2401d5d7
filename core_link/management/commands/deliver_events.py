"""Deliver events to the endpoints of core until stopped."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core_link import endpoints
from core_link.delivery.worker import Worker


class Command(BaseCommand):
    help = "Deliver events to core until stopped; any number of these may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="deliver what can be delivered now, and end"
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        endpoints.follow_environment()
        worker = Worker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if once:
            worker.run_once()
        else:
            worker.run()
