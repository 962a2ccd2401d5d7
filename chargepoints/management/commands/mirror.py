"""`manage.py mirror`: tell the second central systems of charge points what these say."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.db.backends.signals import connection_created

from chargepoints.mirroring.worker import Worker


class Command(BaseCommand):
    help = "Tells mirrors what their charge points say, until stopped; any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        connection_created.connect(_hold_up_nobody)
        asyncio.run(_run())


def _hold_up_nobody(connection: Any, **kwargs: Any) -> None:
    """SQLite has one lock for all who write, which chargers would wait for while this process waits
    for the disk, message by message. What a power cut takes of how far a mirror has come is told
    again, under its message id.
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
