"""Requests that were handed over, but not accepted when the server stops."""

import logging
import socket
from contextlib import suppress

logger = logging.getLogger(__name__)

# The most data that is handed over with a connection.
LONGEST = 128 * 1024
ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Security-Policy: default-src 'none'\r\n"
    b"Retry-After: 5\r\n"
    b"Content-Length: 21\r\n"
    b"Connection: close\r\n"
    b"\r\n"
    b"The server restarts.\n"
)


def refuse(end: socket.socket) -> None:
    """Answer the requests that wait at this end of the pair."""
    end.setblocking(False)
    refused = 0
    while True:
        try:
            _, files, _, _ = socket.recv_fds(end, LONGEST, 1)
        except BlockingIOError:
            break
        for number in files:
            _answer(socket.socket(fileno=number))
            refused += 1
    if refused:
        logger.warning("%d requests were answered with 503, as the server stops", refused)


def _answer(client: socket.socket) -> None:
    client.setblocking(False)
    with client, suppress(OSError):
        client.sendall(ANSWER)
        client.shutdown(socket.SHUT_WR)
        # Closing with unread data would reset the connection, and lose the answer.
        while client.recv(LONGEST):
            pass
