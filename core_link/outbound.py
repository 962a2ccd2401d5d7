"""HTTP that leaves the gateway: pooled, never redirected, bounded in size and, above all, in time.

The timeouts of `requests` hold for each read of the socket: a server that sends a byte now and
then holds its caller for ever. Here whoever waits for an answer cuts it off from another thread.
"""

import ipaddress
import socket
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

LONGEST_ANSWER = 1024 * 1024
NOT_PUBLIC = "the address is not a public one"
# Global by their registry, and behind them may be any IPv4 address: NAT64, 6to4, Teredo.
TRANSLATED = [
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]


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
    token = _exchange.set(exchange)
    try:
        try:
            return _post(url, body, headers, timeout_s)
        except requests.ConnectionError as error:
            if not exchange.went_stale or isinstance(error, requests.Timeout):
                raise
            return _post(url, body, headers, timeout_s)
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise NoAnswer("no answer in time" if exchange.over else _reason(error)) from error
    finally:
        _exchange.reset(token)
        exchange.end()


def _post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
    request = _prepared(url).copy()
    request.prepare_headers(headers)
    request.prepare_body(body, None)
    with _adapter().send(request, timeout=timeout_s, stream=True) as response:
        content = response.raw.read(LONGEST_ANSWER + 1)
        if len(content) > LONGEST_ANSWER:
            raise NoAnswer("the answer is too long")
        return Answer(response.status_code, response.headers, content)


@lru_cache(maxsize=64)
def _prepared(url: str) -> requests.PreparedRequest:
    """Without headers and body: reading the URL costs more than all the rest."""
    return requests.Request("POST", url).prepare()


# --- Connections that can be cut off ------------------------------------------------------------

_exchange: ContextVar[Exchange] = ContextVar("exchange")
_adapters = threading.local()


class _Cuttable:
    """Hands its socket to the exchange of the thread before anything is sent."""

    _spoken_over: socket.socket | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        connection: Any = self
        if connection.sock is None:
            _exchange.get().check(connection.host)
            connection.connect()
        reused = self._spoken_over is connection.sock
        _exchange.get().begin(connection.sock, reused=reused)
        self._spoken_over = connection.sock
        super().request(*args, **kwargs)  # type: ignore[misc]


class _CuttableHttp(_Cuttable, HTTPConnection):
    pass


class _CuttableHttps(_Cuttable, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _CuttableHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _CuttableHttps


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def _adapter() -> _Adapter:
    """This thread's own connections: `requests` does not promise that they may be shared.

    Without a session around them, which would cost as much again and keep cookies, follow
    redirects, ask proxies, and take credentials from a .netrc.
    """
    adapter: _Adapter | None = getattr(_adapters, "adapter", None)
    if adapter is None:
        adapter = _adapters.adapter = _Adapter()
    return adapter


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
    """The innermost of the exceptions that `requests` wraps into each other."""
    inner: object = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    if isinstance(inner, BaseException):
        return _reason(inner)
    # "HTTPConnection(host=..., port=...): what happened": which server it was, is known.
    return str(error).rpartition("): ")[2][:300] or type(error).__name__
