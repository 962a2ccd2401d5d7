"""One HTTP connection: how long a request may take to arrive, and which process it is for."""

from typing import Any

from twisted.web.http import HTTPChannel

from connect_site.server.handshake import tidy_target

# What of a body has to come within the time that a head has: about 1 KiB/s.
PORTION = 64 * 1024


class RequestChannel(HTTPChannel):
    """Twisted starts its time anew with every byte, and one now and then would hold a file open
    for ever. Here it begins with a request, and again with each portion of its body.
    """

    receiving = False
    portion_length = 0
    successor: Any = None  # the protocol to which a handshake has handed the socket over

    @property
    def target(self) -> bytes:
        """What the request that is being received asks for; it is told itself only at its end."""
        path: bytes = self._path
        return path

    def resetTimeout(self) -> None:
        """Twisted calls it for all received data; the limit is for the whole request."""
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
        """Whether the connection has left for the process that serves such requests."""
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
        """Twisted would keep what came right behind a handshake for a request that never comes."""
        if self.successor is not None:
            self.successor.dataReceived(data)
        else:
            super().rawDataReceived(data)

    def requestDone(self, request: Any) -> None:
        self.receiving = False
        super().requestDone(request)
