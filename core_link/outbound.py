"""HTTP that leaves the gateway: pooled, never redirected, bounded in size and, above all, in time.

A timeout holds for each read of the socket: a server that sends a byte now and then holds its
caller for ever. Here whoever waits for an answer cuts it off from another thread.
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
# Global by their registry, and behind them may be any IPv4 address: NAT64, 6to4, Teredo.
TRANSLATED = [
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]

_ALWAYS = {"Accept": "*/*", "Accept-Encoding": "identity"}
# How a connection that was kept open turns out to have been closed meanwhile.
_CLOSED = (ConnectionError, BadStatusLine, ssl.SSLError)


class NoAnswer(Exception):
    """There was no usable answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status // 100 == 2


class Exchange:
    """One request and its answer, which `cut` ends from any thread, wherever it hangs.

    With `public_only` a server at a loopback, link-local or private address is refused; the
    address looked at is the one connected to, so no name can resolve to another one meanwhile.
    """

    def __init__(self, *, public_only: bool = False) -> None:
        self._public_only = public_only
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._reused = self._reached = False
        self._over = False

    def check(self, host: str) -> None:
        """Raises NoAnswer, before anything is sent, if `host` may not be spoken to.

        Whether a port is open there is told to nobody.
        """
        if self._public_only and not all(map(is_public, _addresses(host))):
            raise NoAnswer(NOT_PUBLIC)

    def begin(self, connected: socket.socket, *, reused: bool) -> None:
        """Raises NoAnswer if this server may not be spoken to, or no longer."""
        if self._public_only and not is_public(connected.getpeername()[0]):
            raise NoAnswer(NOT_PUBLIC)
        with self._lock:
            if self._over:
                raise NoAnswer("cut off")
            self._socket = connected
            self._reused = reused

    def reach(self) -> None:
        """Now the request goes over it."""
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
        """Whether there was a connection to send the request over."""
        return self._reached

    @property
    def went_stale(self) -> bool:
        """Whether it may have failed only because a connection kept open was closed meanwhile."""
        return self._reused and not self._over


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, exchange: Exchange, timeout_s: float
) -> Answer:
    """POST from this thread. `timeout_s` is for each step; `exchange.cut()` ends the whole.

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
        # Not the method of an SSLSocket, which would take the TLS layer from under its reader.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in TRANSLATED)


def _addresses(host: str) -> set[str]:
    """Raises NoAnswer where the name has none."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer("the name has no address") from error
    return {str(address[0]) for *_, address in found}


def _reason(error: BaseException) -> str:
    """What the system says of it, without which server it was: that is known."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:300] or type(error).__name__
