"""Refuses a WebSocket handshake with an HTTP status (ASGI's `websocket.http.response`)."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]


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
