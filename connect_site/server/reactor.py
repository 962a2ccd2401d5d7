"""Twisted's reactor on the fastest event loop there is.

`install_reactor` has to run before anything imports `twisted.internet.reactor`, daphne included.
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
    """uvloop reports an error on a socket once, and then refuses to watch that socket.

    A charger that resets its connection right behind a message is read once and has shown no
    error then: the one who is to write the answer has to be told.
    """

    _readers: dict[Any, int]

    def adoptStreamPort(self, descriptor: int, family: int, factory: Any) -> Any:
        if family != socket.AF_UNIX:
            return super().adoptStreamPort(descriptor, family, factory)
        port = SharedUnixPort._fromListeningDescriptor(self, descriptor, factory)
        port.startListening()
        return port

    def addReader(self, reader: Any) -> None:
        """Leaves out the original's logging context, which costs time at each message."""
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
