"""One HTTP connection: limits how long a request may take to arrive, and hands it over."""

from typing import Any

from twisted.web.http import HTTPChannel

from connect_site.server.handshake import tidy_target

# The part of a body that must arrive within the timeout: about 1 KiB/s.
PORTION = 64 * 1024


class RequestChannel(HTTPChannel):
    """Twisted restarts its timeout with every byte, so that slow clients could hold connections
    for ever. Here it starts with a request, and again with each portion of its body.
    """

    receiving = False
    portion_length = 0
    successor: Any = None  # the WebSocket protocol that took over the connection

    @property
    def target(self) -> bytes:
        """The path of the request that is being received, before the request object has it."""
        path: bytes = self._path
        return path

    def resetTimeout(self) -> None:
        """Twisted calls it for all received data; this limit is for the whole request."""
        if not self.receiving:
            self.receiving = True
            super().resetTimeout()

    def body_came(self, length: int) -> None:
        self.portion_length += length
        if self.portion_length >= PORTION:
            self.portion_length = 0
            super().resetTimeout()

    def lineReceived(self, line: bytes) -> None:
        if self.requests or not self._handed_over(line):
            super().lineReceived(line)

    def _handed_over(self, first_line: bytes) -> bool:
        """Hand the connection to the process for such requests; return whether it has."""
        handover = self.factory.server.handover
        _, _, rest = first_line.partition(b" ")
        if handover is None or not rest:
            return False
        target = tidy_target(rest.split(b" ", 1)[0])
        if not handover.send(target, self.transport, first_line + b"\r\n" + self._buffer):
            return False
        self.clearLineBuffer()
        self.loseConnection()
        return True

    def rawDataReceived(self, data: bytes) -> None:
        """Pass on data right after a handshake, which Twisted would keep for a next request."""
        if self.successor is not None:
            self.successor.dataReceived(data)
        else:
            super().rawDataReceived(data)

    def requestDone(self, request: Any) -> None:
        self.receiving = False
        super().requestDone(request)
