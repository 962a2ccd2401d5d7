"""HTTP/1.1 over persistent connections, one for each thread and server.

Each decision of core and each delivery is a request. `requests` and `urllib3` would spend twice
the time of the request itself on unused features: sessions, redirects, proxies, cookies.
"""

import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

_FAULTS_IN_HEADERS = frozenset("\r\n\0")
_opened = threading.local()


class Target(NamedTuple):
    """A parsed URL; `path` includes the query, `server` is the value of the Host header."""

    scheme: str
    host: str
    port: int
    server: str
    path: str


class Response(NamedTuple):
    status: int
    headers: Mapping[str, str]
    # At most one byte more than the limit.
    body: bytes


class Connection:
    """A connection to one server, for one thread at a time."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.socket: socket.socket | None = None

    def open(self, timeout_s: float, begin: Callable[[socket.socket], None]) -> None:
        """`begin` receives the socket before anything is sent over it, including TLS.

        Raises OSError, and what `begin` raises.
        """
        connected = socket.create_connection((self._target.host, self._target.port), timeout_s)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._target.scheme == "https":
                connected = _tls().wrap_socket(
                    connected, server_hostname=self._target.host, do_handshake_on_connect=False
                )
            begin(connected)
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
        except BaseException:
            connected.close()
            raise
        self.socket = connected

    def still_open(self) -> socket.socket | None:
        """The kept socket, unless the server has closed it or sent data without a request.

        Such data would be read as the answer to the next request.
        """
        if self.socket is not None:
            said = select.poll()
            said.register(self.socket, select.POLLIN)
            if said.poll(0):
                self.close()
        return self.socket

    def __del__(self) -> None:
        # Its thread has ended.
        self.close()

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def exchange(self, method: str, request: bytes, most: int, timeout_s: float) -> Response:
        """`most`: bytes of the answer to read. Raises OSError, HTTPException."""
        connected = self.socket
        if connected is None:
            raise OSError("the connection is not open")
        kept = False
        response = http.client.HTTPResponse(connected, method=method)
        try:
            connected.settimeout(timeout_s)
            # The server may answer and close before it has read the whole request.
            with suppress(BrokenPipeError, ConnectionResetError):
                connected.sendall(request)
            response.begin()
            if response.status < 200:
                # The final response would follow, but is not read.
                raise http.client.HTTPException(f"HTTP {response.status} is no answer")
            body = response.read(most + 1)
            if len(body) <= most and response.length:
                # `read` with a size does not report a truncated body.
                raise http.client.IncompleteRead(body, response.length)
            kept = len(body) <= most and not response.will_close
            headers: Mapping[str, str] = response.headers  # type: ignore[assignment]
            return Response(response.status, headers, body)
        finally:
            # The response holds its own file object of the socket.
            response.close()
            if not kept:
                self.close()


def of_this_thread(target: Target) -> Connection:
    """This thread's connection to the target, opened or not."""
    connections: dict[tuple[str, str, int], Connection] = getattr(_opened, "connections", {})
    _opened.connections = connections
    return connections.setdefault(target[:3], Connection(target))


@lru_cache(maxsize=64)
def read(url: str) -> Target:
    """Parse a URL. Raises ValueError if it is not an HTTP URL."""
    # `requests` encodes Unicode host names and special characters.
    prepared = requests.Request("GET", url).prepare()
    parts = urlsplit(str(prepared.url))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http address")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    server = parts.netloc.rpartition("@")[2]
    return Target(parts.scheme, parts.hostname, port, server, prepared.path_url)


def request(method: str, target: Target, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The bytes of a request. Raises ValueError if a header contains a line end."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.server}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if any(not _FAULTS_IN_HEADERS.isdisjoint(line) for line in lines):
        raise ValueError("a header has a line break in it")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
