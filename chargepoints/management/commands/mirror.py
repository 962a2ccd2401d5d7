"""`manage.py mirror`: forward the messages of charge points to their second central systems."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.db.backends.signals import connection_created

from chargepoints.mirroring.worker import Worker


class Command(BaseCommand):
    help = (
        "Forwards messages of charge points to their mirrors, until stopped; may run in parallel."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        connection_created.connect(_hold_up_nobody)
        asyncio.run(_run())


def _hold_up_nobody(connection: Any, **kwargs: Any) -> None:
    """SQLite has one lock for all writers, so chargers would wait while this process waits for the
    disk. After a power cut, the messages since the last sync are sent again, with the same ids.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = NORMAL")


async def _run() -> None:
    worker = Worker()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    await worker.run()
