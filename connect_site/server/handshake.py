"""Adapts chargers' handshakes to autobahn, whose parser would refuse some of them.

Everything that is not about WebSocket framing is for the application to judge, so it is put
into a form that the parser accepts.
"""

import re
import socket
from typing import Any
from urllib.parse import unquote

from twisted.internet.address import UNIXAddress
from twisted.web.http_headers import Headers

from connect_site.server.compression import readable_offer
from connect_site.server.interface import Scope

VALID_HOST = re.compile(rb"[^:,\s]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
# The absolute form of a request target: `GET ws://host/ocpp/ID`.
ORIGIN = re.compile(rb"^[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
OTHER_DIVIDERS = re.compile(rb"[;\s]+")

Address = list[Any]  # host and port


def tidy_headers(headers: Headers) -> None:
    """Remove or correct headers that the parser might refuse."""
    # Not for browsers: a client that authenticates may have any origin.
    headers.removeHeader(b"origin")
    offers = headers.getRawHeaders(b"sec-websocket-extensions") or []
    headers.removeHeader(b"sec-websocket-extensions")
    if offer := readable_offer(offers):
        headers.setRawHeaders(b"sec-websocket-extensions", [offer])
    if b"upgrade" not in b",".join(headers.getRawHeaders(b"connection") or []).lower():
        # `Upgrade` is enough: a proxy may have removed `Connection`.
        headers.setRawHeaders(b"connection", [b"Upgrade"])
    if not VALID_HOST.fullmatch((headers.getRawHeaders(b"host") or [b""])[0].strip()):
        headers.setRawHeaders(b"host", [b"unknown"])
    if offered := headers.getRawHeaders(b"sec-websocket-protocol"):
        said = [name.strip() for line in offered for name in line.split(b",")]
        # Some chargers separate the names by semicolons or blanks: offer the parts too.
        names = [each for name in said for each in (name, *OTHER_DIVIDERS.split(name))]
        unique = dict.fromkeys(name for name in names if name.isascii() and name)
        headers.removeHeader(b"sec-websocket-protocol")
        if unique:
            headers.setRawHeaders(b"sec-websocket-protocol", [b", ".join(unique)])


def tidy_target(target: bytes) -> bytes:
    """The request target as path and query, without a fragment."""
    return ORIGIN.sub(b"", target.split(b"#", 1)[0]) or b"/"


def websocket_scope(protocol: Any) -> Scope:
    """The ASGI scope of a socket whose handshake autobahn has parsed.

    `protocol.http_request_uri` is the target as sent: autobahn's own path is wrong for `//ID` (read
    as a host) and for `;` (read as a parameter).
    """
    raw_path, _, query = protocol.http_request_uri.encode("latin1").partition(b"?")
    headers = [
        (name.encode("latin1"), value.encode("latin1"))
        for name, value in protocol.http_headers.items()
        if "_" not in name
    ]
    transport = protocol.transport
    client = address(transport.getPeer())
    scheme = "ws"
    if behind_proxy(transport):
        client, scheme = forwarded(dict(headers), client, scheme)
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": scheme,
        "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": client,
        "server": address(transport.getHost()),
        "subprotocols": list(protocol.websocket_protocols),
        "extensions": {"websocket.http.response": {}},
    }


def address(endpoint: Any) -> Address | None:
    return [str(endpoint.host), endpoint.port] if hasattr(endpoint, "port") else None


def behind_proxy(transport: Any) -> bool:
    """Whether the connection comes from the proxy: only the proxy can reach the unix socket."""
    return _family(transport) == socket.AF_UNIX


def _family(transport: Any) -> int:
    connected = getattr(transport, "socket", None)
    if connected is not None:
        # Saves a system call.
        return int(connected.family)
    return socket.AF_UNIX if isinstance(transport.getHost(), UNIXAddress) else socket.AF_INET


def forwarded(
    headers: dict[bytes, bytes], client: Address | None, scheme: str
) -> tuple[Address | None, str]:
    """The client's address and the scheme, as reported by the proxy.

    The proxy itself has written the right-most entry of X-Forwarded-For.
    """
    if seen := headers.get(b"x-forwarded-for", b"").rsplit(b",", 1)[-1].strip():
        client = [seen.decode("latin1"), 0]
    if headers.get(b"x-forwarded-proto", b"").strip().lower() in {b"https", b"wss"}:
        scheme += "s"
    return client, scheme
