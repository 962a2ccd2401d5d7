"""One server process, from its open sockets to its exit status."""

import gc
import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

from connect_site.server.reactor import install_reactor

# For `asyncio.to_thread` and name resolution; Django's views have their own threads.
LOOP_THREADS = 8
# If CPU time is short, chargers have priority.
NICENESS_OF_PAGES = 10


def run(
    sockets: list[socket.socket], handed: socket.socket | None = None, *, for_pages: bool = False
) -> int:
    """`handed`: one end of the socket pair over which connections are handed over."""
    install_reactor(threads=LOOP_THREADS)
    allow_many_sockets()

    # Imported here, because these modules import the reactor.
    from django.conf import settings

    from connect_site.asgi import application
    from connect_site.server.handover import Handover
    from connect_site.server.server import Options, Server

    options = Options(
        ping_interval_s=settings.PING_INTERVAL_S,
        ping_timeout_s=settings.PING_TIMEOUT_S,
        drain_s=settings.DRAIN_S,
    )
    # Code and models are never freed: the garbage collector need not check them.
    gc.collect()
    gc.freeze()
    # Messages create many short-lived objects and few cycles, so collect less often.
    gc.set_threshold(100_000, 20, 20)
    if for_pages:
        give_way()
    handover = None if handed is None else Handover(handed, for_pages=for_pages)
    return Server(application, sockets, options, handover).run()


def allow_many_sockets() -> None:
    """Each charger needs a file descriptor, and the usual soft limit is 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_way() -> None:
    os.nice(NICENESS_OF_PAGES)
    # Linux's autogroup scheduler applies nice values only within a session.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS_OF_PAGES))
