"""The one way to run the server."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from chargepoints.management import numbers
from connect_site.server import preflight
from connect_site.server.run import run
from connect_site.server.sockets import (
    CannotStartError,
    listen_on_tcp,
    listen_on_unix,
    remove,
    which,
)
from connect_site.server.workers import Workers


class Command(BaseCommand):
    help = "Serve chargers (WebSockets), the API and the admin, until SIGTERM or Ctrl-C."
    # `preflight` gives messages for the operator; Django's own checks belong to `check`.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="default: HOST, %(default)s")
        parser.add_argument(
            "--port",
            type=numbers.port,
            default=settings.PORT,
            help="default: PORT, %(default)s; 0: any",
        )
        parser.add_argument(
            "--unix",
            type=Path,
            metavar="PATH",
            help="listen on this unix socket instead: for a proxy, whose X-Forwarded-* it believes",
        )
        parser.add_argument(
            "--workers",
            type=numbers.between(1, settings.MOST_WORKERS),
            default=settings.WORKERS,
            help="server processes; more than one needs PostgreSQL and Redis; "
            "default: WORKERS, %(default)s",
        )

    def handle(
        self, *, host: str, port: int, unix: Path | None, workers: int, **options: Any
    ) -> None:
        try:
            preflight.check(workers=workers)
            lock = preflight.only_server()
            listening = listen_on_unix(unix) if unix else listen_on_tcp(host, port)
            bound = which(unix) if unix else None
        except CannotStartError as error:
            sys.exit(f"connect: {error}")
        apart = settings.PAGES_APART and preflight.may_be_several()
        if workers == 1 and not apart:
            status = run([listening])
        else:
            for connection in connections.all(initialized_only=True):
                connection.close_pool()  # type: ignore[attr-defined]
            status = Workers([listening], workers, settings.DRAIN_S, pages=apart).run()
        if unix and bound:
            remove(unix, bound)
        if lock is not None:
            lock.close()
        sys.exit(status)
