"""daphne's server on inherited sockets, with the ASGI lifespan and an orderly stop."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from daphne.server import Server as DaphneServer
from twisted.internet import reactor
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from connect_site.server.handover import Handover
from connect_site.server.interface import Application, Scope
from connect_site.server.lifespan import Lifespan, LifespanFailedError
from connect_site.server.request import Request, RequestFactory
from connect_site.server.websocket import ChargerSocket, ChargerSocketFactory

logger = logging.getLogger(__name__)

SERVICE_RESTART = 1012
# Between the end of reading and the close frame, for the answers to the last messages.
LAST_ANSWERS_S = 0.5
SHUTDOWN_S = 15


@dataclass(frozen=True)
class Options:
    """All in seconds. `drain_s`: the time over which a stop spreads the closing of the sockets.

    `applications_end_s`: how long an application may take to end after its socket has closed.
    `look_every_s`: the interval of the checks for timeouts.
    `request_within_s`: how long the head of a request may take.
    """

    ping_interval_s: float = 50
    ping_timeout_s: float = 30
    drain_s: float = 5
    applications_end_s: float = 10
    look_every_s: float = 2
    request_within_s: float = 60


class Server(DaphneServer):
    """`sockets`: bound and listening. Only the proxy connects to a unix socket.

    `handover`: to and from the server processes for other requests.
    """

    def __init__(
        self,
        application: Application,
        sockets: list[socket.socket],
        options: Options,
        handover: Handover | None = None,
    ) -> None:
        super().__init__(
            application,
            endpoints=["inherited"],
            server_name="connect",
            application_close_timeout=options.applications_end_s,
        )
        self.sockets = sockets
        self.options = options
        self.handover = handover
        self.exit_status = 0
        self.stopping = asyncio.Event()
        self.lifespan = Lifespan(application, on_death=partial(self.stop, 1))

    def run(self) -> int:
        """Serve until a signal. Returns the exit status."""
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = RequestFactory(self, request_within=self.options.request_within_s)
        self.ws_factory = ChargerSocketFactory(
            self,
            ping_interval=self.options.ping_interval_s,
            ping_timeout=self.options.ping_timeout_s,
        )
        log_what_twisted_catches()
        reactor.callLater(1, self.application_checker)
        reactor.callLater(self.options.look_every_s, self.timeout_checker)
        reactor.callLater(0, self._begin)  # inside the running loop
        reactor.run(installSignalHandlers=False)
        return self.exit_status

    def stop(self, exit_status: int = 0) -> None:
        self.exit_status = self.exit_status or exit_status
        self.stopping.set()

    # --- One run ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled, number)
        self.main_task = loop.create_task(self._main(), name="server")

    def _signalled(self, number: int) -> None:
        if self.stopping.is_set():
            os._exit(128 + number)
        self.stop()

    async def _main(self) -> None:
        try:
            await self.lifespan.startup()
            self._listen()
            await self.stopping.wait()
            await self._drain()
            await asyncio.wait_for(self.lifespan.shutdown(), SHUTDOWN_S)
        except (LifespanFailedError, TimeoutError) as error:
            logger.critical("The application failed: %s", error, exc_info=error.__cause__)
            self.exit_status = 1
        except Exception:
            logger.critical("The server failed", exc_info=True)
            self.exit_status = 1
        finally:
            reactor.stop()

    def _listen(self) -> None:
        self.ports = []
        for each in self.sockets:
            port = reactor.adoptStreamPort(each.fileno(), each.family, self.http_factory)
            self.ports.append(port)
            logger.info("Listening on %s", describe(each))
            each.close()  # the reactor listens on a duplicate
        if self.handover is not None:
            self.handover.listen(self.http_factory)

    # --- The applications ------------------------------------------------------------------------

    def start_application(
        self,
        protocol: ChargerSocket,
        scope: Scope,
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[Any], Awaitable[None]],
    ) -> "asyncio.Task[None]":
        """Start the application of one socket; daphne's `create_application` is for requests."""
        task = asyncio.get_running_loop().create_task(self.application(scope, receive, send))
        self.connections[protocol]["application_instance"] = task
        task.add_done_callback(protocol.application_ended)
        return task

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """daphne's, with `connect.stopping`, so that endless streams end when the server stops."""
        scope.setdefault("extensions", {})["connect.stopping"] = self.stopping
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Request, message: Mapping[str, Any]) -> None:
        """The `send` of a request: waits until the client reads."""
        await super().handle_reply(protocol, message)
        await protocol.until_writable()
        if "disconnected" in self.connections.get(protocol, ()):
            await asyncio.sleep(
                0
            )  # yields, so that a stream without a client does not block the loop

    def timeout_checker(self) -> None:
        for protocol in list(self.connections):
            try:
                protocol.check_timeouts()
            except Exception:
                logger.exception("Checking the timeouts of %s failed", protocol)
        reactor.callLater(self.options.look_every_s, self.timeout_checker)

    # --- The stop --------------------------------------------------------------------------------

    async def _drain(self) -> None:
        """Stop listening, close the sockets one after the other, and let requests end."""
        for port in self.ports:
            port.stopListening()
        if self.handover is not None:
            self.handover.stop()
        sockets = [
            each
            for each in self.connections
            if isinstance(each, ChargerSocket) and not each.closed_at
        ]
        logger.info("Stopping: closing %d sockets", len(sockets))
        pause = self.options.drain_s / max(len(sockets), 1)
        async with asyncio.TaskGroup() as closing:
            for position, each in enumerate(sockets):
                closing.create_task(self._close(each, delay=position * pause))
        running = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        if running:
            _, still_running = await asyncio.wait(running, timeout=self.options.applications_end_s)
            for task in still_running:
                task.cancel()
            if still_running:
                logger.warning("Cancelled %d applications that did not end", len(still_running))
                await asyncio.wait(still_running, timeout=1)

    async def _close(self, protocol: ChargerSocket, delay: float) -> None:
        await asyncio.sleep(delay)
        protocol.pause_reading()
        await asyncio.sleep(LAST_ANSWERS_S)
        protocol.close_for_restart(SERVICE_RESTART)


def log_what_twisted_catches() -> None:
    """Log the exceptions of callbacks, which Twisted would swallow, and nothing else of it."""
    globalLogBeginner.beginLoggingTo(
        [
            FilteringLogObserver(
                STDLibLogObserver("twisted"), [LogLevelFilterPredicate(LogLevel.critical)]
            )
        ],
        redirectStandardIO=False,
        discardBuffer=True,
    )


def describe(listening: socket.socket) -> str:
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return f"unix:{name}"
    host = f"[{name[0]}]" if listening.family == socket.AF_INET6 else name[0]
    return f"http://{host}:{name[1]}"
