"""The admin and the API have their own process, to which the workers hand connections over.

A worker that reads the first line of such a request sends the open socket and the received
data to that process (SCM_RIGHTS), so the rest of the request does not pass through the worker.
A later request on the same connection that is for the workers, such as a charger's handshake,
is handed back the same way. Each serves a request itself if the other cannot accept it.
"""

import asyncio
import logging
import socket
from typing import Any

from prometheus_client import Counter
from twisted.internet import reactor, tcp, unix

logger = logging.getLogger(__name__)

# The paths for people and core, and for chargers' files.
PAGES = (b"/admin/", b"/api/", b"/files/", b"/openapi.json", b"/static/")
# More than one read of a request line; longer data is not handed over.
LONGEST = 128 * 1024
# How many are accepted before the event loop serves other sockets.
TAKEN_AT_ONCE = 16

_handed_over = Counter(
    "connect_requests_handed_over_total",
    "Connections handed to the other kind of server process; `taken` is no if it was full.",
    ["taken"],
)


class Handover:
    """This process's end of the pair of sockets between the workers and the process for pages."""

    def __init__(self, end: socket.socket, *, for_pages: bool) -> None:
        self._end = end
        self._for_pages = for_pages
        self._open = True
        self._taken = True
        end.setblocking(False)

    def listen(self, factory: Any) -> None:
        """`factory` creates the protocol of each connection that is handed over."""
        self._factory = factory
        asyncio.get_running_loop().add_reader(self._end, self._take)

    def stop(self) -> None:
        """Accept the connections that wait, and hand over no more."""
        self._open = False
        asyncio.get_running_loop().remove_reader(self._end)
        while self._take():
            pass

    def send(self, target: bytes, transport: Any, data: bytes) -> bool:
        """Hand a connection over, with the data read so far; return whether this succeeded.

        The caller then has to close its transport.
        """
        if not self._open or target.startswith(PAGES) == self._for_pages:
            return False
        if transport.dataBuffer or transport._tempDataBuffer:
            return False  # an earlier answer is still being written
        try:
            socket.send_fds(self._end, [data], [transport.fileno()])
        except OSError as error:
            self._note(taken=False, why=error)
            return False
        self._note(taken=True)
        transport._shouldShutdown = False
        return True

    def _note(self, *, taken: bool, why: OSError | None = None) -> None:
        _handed_over.labels("yes" if taken else "no").inc()
        if self._taken and not taken:
            logger.warning("this worker serves pages, as the process for them does not: %s", why)
        self._taken = taken

    def _take(self) -> bool:
        """Accept some; return whether there may be more. Several workers share this end."""
        for _ in range(TAKEN_AT_ONCE):
            try:
                data, files, _, _ = socket.recv_fds(self._end, LONGEST, 1)
            except BlockingIOError:
                return False
            for number in files:
                self._adopt(socket.socket(fileno=number), data)
        return True

    def _adopt(self, connected: socket.socket, data: bytes) -> None:
        """Serve a connection as if this process had accepted it and had read the data."""
        connected.set_inheritable(False)
        try:
            peer = connected.getpeername()
        except OSError:
            connected.close()  # already disconnected
            return
        server = unix.Server if connected.family == socket.AF_UNIX else tcp.Server
        protocol = self._factory.buildProtocol(None)
        transport = server(connected, protocol, peer, None, 0, reactor)
        transport.repstr = f"<{type(protocol).__name__} that was handed over>"
        protocol.makeConnection(transport)
        protocol.dataReceived(data)
