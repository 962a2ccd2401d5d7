"""One server process, from its open sockets to its exit status."""

import gc
import resource
import socket

from connect_site.server.reactor import install_reactor

# For `asyncio.to_thread` and name resolution; Django's views have threads of their own.
LOOP_THREADS = 8


def run(sockets: list[socket.socket]) -> int:
    install_reactor(threads=LOOP_THREADS)
    allow_many_sockets()

    # Only now: these import the reactor.
    from django.conf import settings

    from connect_site.asgi import application
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
    return Server(application, sockets, options).run()


def allow_many_sockets() -> None:
    """A charger is an open file, and the usual soft limit is 1024 of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
