"""HTTP/1.1 over connections that are kept open, one for each thread and server.

Each decision of core and each delivery is a request. `requests` and `urllib3` would take twice as
long as the request itself for what nobody needs here: sessions, redirects, proxies, cookies.
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
    # At most one byte more than was wanted.
    body: bytes


class Connection:
    """A connection to one server, for one thread at a time."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.socket: socket.socket | None = None

    def open(self, timeout_s: float, begin: Callable[[socket.socket], None]) -> None:
        """`begin` is given the socket before anything is sent over it, TLS included.

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
        """What was kept, if the server has neither closed it nor said anything unasked.

        That would be taken for the answer to the next request.
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
            # It may have answered before it had read everything, and closed.
            with suppress(BrokenPipeError, ConnectionResetError):
                connected.sendall(request)
            response.begin()
            if response.status < 200:
                # The answer proper is still to come, and nobody would read it.
                raise http.client.HTTPException(f"HTTP {response.status} is no answer")
            body = response.read(most + 1)
            if len(body) <= most and response.length:
                # For `read` with a number this is no fault.
                raise http.client.IncompleteRead(body, response.length)
            kept = len(body) <= most and not response.will_close
            headers: Mapping[str, str] = response.headers  # type: ignore[assignment]
            return Response(response.status, headers, body)
        finally:
            # It has a file of its own on the socket.
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
    """Raises ValueError where it is no URL of HTTP."""
    # Names in Unicode and odd characters are put as servers expect them.
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
