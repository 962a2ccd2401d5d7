"""Refusing with an HTTP status; a WebSocket handshake by ASGI's `websocket.http.response`."""

from collections.abc import Iterable
from http import HTTPStatus

from connect_site.server.interface import Send


def phrase(status: int) -> bytes:
    """What a status is called; Twisted has no name for the younger ones, 429 among them."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


async def deny(
    send: Send,
    status: int,
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Answer the handshake with `status` and a plain-text `body`, instead of accepting it."""
    await send(
        {
            "type": "websocket.http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), *headers],
        }
    )
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
