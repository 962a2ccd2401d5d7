"""One server process, from its open sockets to its exit status."""

import gc
import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

from connect_site.server.reactor import install_reactor

# For `asyncio.to_thread` and name resolution; Django's views have threads of their own.
LOOP_THREADS = 8
# Where processors are short, chargers go first.
NICENESS_OF_PAGES = 10


def run(
    sockets: list[socket.socket], handed: socket.socket | None = None, *, for_pages: bool = False
) -> int:
    """`handed`: the end, of a pair of sockets, at which connections are handed over."""
    install_reactor(threads=LOOP_THREADS)
    allow_many_sockets()

    # Only now: these import the reactor.
    from django.conf import settings

    from connect_site.asgi import application
    from connect_site.server.handover import Handover
    from connect_site.server.server import Options, Server

    options = Options(
        ping_interval_s=settings.PING_INTERVAL_S,
        ping_timeout_s=settings.PING_TIMEOUT_S,
        drain_s=settings.DRAIN_S,
    )
    # Code and models live as long as the process: the collector need not look at them again.
    gc.collect()
    gc.freeze()
    # Messages make many short-lived objects and hardly a cycle: look less often.
    gc.set_threshold(100_000, 20, 20)
    if for_pages:
        give_way()
    handover = None if handed is None else Handover(handed, for_pages=for_pages)
    return Server(application, sockets, options, handover).run()


def allow_many_sockets() -> None:
    """A charger is an open file, and the usual soft limit is 1024 of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_way() -> None:
    os.nice(NICENESS_OF_PAGES)
    # To Linux's scheduler the sessions are groups, and how nice one is counts within them alone.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS_OF_PAGES))
