"""Outgoing HTTP requests: pooled, without redirects, limited in size and in total time.

A socket timeout applies to each read: a server that sends a byte now and then would hold its
caller for ever. So the thread that waits for the answer can cut the exchange off.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.client import BadStatusLine, HTTPException

from requests import RequestException

from core_link import http_connections
from core_link.http_connections import Connection, Target

LONGEST_ANSWER = 1024 * 1024
NOT_PUBLIC = "the address is not a public one"
# Global addresses that may translate to any IPv4 address: NAT64, 6to4, Teredo.
TRANSLATED = [
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]

_ALWAYS = {"Accept": "*/*", "Accept-Encoding": "identity"}
# Errors that show that the server has closed a kept connection.
_CLOSED = (ConnectionError, BadStatusLine, ssl.SSLError)


class NoAnswer(Exception):
    """There was no usable answer; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status // 100 == 2


class Exchange:
    """One request and its answer; `cut` ends it from any thread, in any state.

    With `public_only`, servers at loopback, link-local or private addresses are refused. The check
    uses the address of the connected socket, so that DNS cannot change in between.
    """

    def __init__(self, *, public_only: bool = False) -> None:
        self._public_only = public_only
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._reused = self._reached = False
        self._over = False

    def check(self, host: str) -> None:
        """Raises NoAnswer, before connecting, if `host` is not allowed.

        So nobody can find out whether a port is open there.
        """
        if self._public_only and not all(map(is_public, _addresses(host))):
            raise NoAnswer(NOT_PUBLIC)

    def begin(self, connected: socket.socket, *, reused: bool) -> None:
        """Raises NoAnswer if this server is not allowed, or the exchange was cut off."""
        if self._public_only and not is_public(connected.getpeername()[0]):
            raise NoAnswer(NOT_PUBLIC)
        with self._lock:
            if self._over:
                raise NoAnswer("cut off")
            self._socket = connected
            self._reused = reused

    def reach(self) -> None:
        """Note that the request is now being sent."""
        self._reached = True

    def cut(self) -> None:
        with self._lock:
            self._over = True
            if self._socket is not None:
                _shut_down(self._socket)

    def end(self) -> None:
        with self._lock:
            self._over = True
            self._socket = None

    @property
    def over(self) -> bool:
        return self._over

    @property
    def reached(self) -> bool:
        """Whether the request was sent over a connection."""
        return self._reached

    @property
    def went_stale(self) -> bool:
        """Whether it may have failed only because the server had closed the kept connection."""
        return self._reused and not self._over


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, exchange: Exchange, timeout_s: float
) -> Answer:
    """POST in this thread. `timeout_s` applies to each step; `exchange.cut()` ends it early.

    Raises NoAnswer.
    """
    headers = {"Content-Type": "application/json", **headers}
    return _send("POST", url, body, headers, exchange, timeout_s)


def get(url: str, *, exchange: Exchange, timeout_s: float) -> Answer:
    """GET, as `post` does. Raises NoAnswer."""
    return _send("GET", url, None, {}, exchange, timeout_s)


def _send(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    exchange: Exchange,
    timeout_s: float,
) -> Answer:
    try:
        target = http_connections.read(url)
        request = http_connections.request(method, target, {**_ALWAYS, **headers}, body)
        connection = http_connections.of_this_thread(target)
        try:
            return _send_once(connection, target, method, request, exchange, timeout_s)
        except _CLOSED as error:
            if not exchange.went_stale or isinstance(error, TimeoutError):
                raise
            return _send_once(connection, target, method, request, exchange, timeout_s)
    except (RequestException, HTTPException, OSError, ValueError) as error:
        raise NoAnswer("no answer in time" if exchange.over else _reason(error)) from error
    finally:
        exchange.end()


def _send_once(
    connection: Connection,
    target: Target,
    method: str,
    request: bytes,
    exchange: Exchange,
    timeout_s: float,
) -> Answer:
    kept = connection.still_open()
    if kept is None:
        exchange.check(target.host)
        connection.open(timeout_s, partial(exchange.begin, reused=False))
    else:
        try:
            exchange.begin(kept, reused=True)
        except BaseException:
            connection.close()
            raise
    exchange.reach()
    response = connection.exchange(method, request, LONGEST_ANSWER, timeout_s)
    if len(response.body) > LONGEST_ANSWER:
        raise NoAnswer("the answer is too long")
    return Answer(*response)


def _shut_down(connected: socket.socket) -> None:
    try:
        # Not SSLSocket.shutdown, which would remove the TLS layer while another thread reads.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return  # already closed


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in TRANSLATED)


def _addresses(host: str) -> set[str]:
    """Raises NoAnswer if the name has no address."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer("the name has no address") from error
    return {str(address[0]) for *_, address in found}


def _reason(error: BaseException) -> str:
    """The system's error text, without the name of the server, which is known."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:300] or type(error).__name__
