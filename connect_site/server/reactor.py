"""Twisted's reactor on the fastest event loop available.

Call `install_reactor` before anything imports `twisted.internet.reactor`, as daphne does.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.main import installReactor

from connect_site.server.unix_port import SharedUnixPort


def install_reactor(*, threads: int) -> asyncio.AbstractEventLoop:
    """`threads`: the size of the loop's default executor."""
    loop = new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="loop"))
    asyncio.set_event_loop(loop)
    installReactor(Reactor(loop))
    return loop


def new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class Reactor(AsyncioSelectorReactor):
    """Recovers from uvloop, which reports a socket's error once, and then refuses to watch it.

    If a charger resets its connection right after a message, reading succeeds once without an
    error; the writer of the answer has to get the error.
    """

    _readers: dict[Any, int]

    def adoptStreamPort(self, descriptor: int, family: int, factory: Any) -> Any:
        if family != socket.AF_UNIX:
            return super().adoptStreamPort(descriptor, family, factory)
        port = SharedUnixPort._fromListeningDescriptor(self, descriptor, factory)
        port.startListening()
        return port

    def addReader(self, reader: Any) -> None:
        """Without the original's logging context, which costs time for each message."""
        if reader in self._readers:
            return
        descriptor = reader.fileno()
        add = partial(
            self._asyncioEventloop.add_reader, descriptor, self._readOrWrite, reader, True
        )
        try:
            add()
        except RuntimeError:
            self._forget(reader)
            add()
        self._readers[reader] = descriptor

    def addWriter(self, writer: Any) -> None:
        try:
            super().addWriter(writer)
        except RuntimeError:
            self._forget(writer)
            super().addWriter(writer)

    def _forget(self, descriptor: Any) -> None:
        self._asyncioEventloop.remove_reader(descriptor.fileno())
        self._asyncioEventloop.remove_writer(descriptor.fileno())
