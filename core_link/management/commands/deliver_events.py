"""Deliver events to the endpoints of core until stopped, and reconcile what policy decided."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core_link import endpoints
from core_link.delivery.worker import Worker
from core_link.reconciliation import Reconciler

STOPS_WITHIN_S = 5.0


class Command(BaseCommand):
    help = "Deliver events to core until stopped; any number of these may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="deliver what can be delivered now, and end"
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        endpoints.follow_environment()
        worker, reconciler = Worker(), Reconciler()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if once:
            worker.run_once()
            return
        reconciler.start()
        worker.run()
        reconciler.stop()
        reconciler.join(STOPS_WITHIN_S)
