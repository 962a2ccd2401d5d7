"""(a) daphne sending every frame back: what the server costs before any of our work.

`python -m benchmarks.servers.daphne_echo PORT`
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # before daphne takes its loop

from daphne.server import Server  # noqa: E402


async def echo(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    while True:
        event = await receive()
        if event["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event["text"]})
        elif event["type"] == "websocket.connect":
            await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
        else:
            return


if __name__ == "__main__":
    Server(echo, [f"tcp:{sys.argv[1]}:interface=127.0.0.1"], websocket_timeout=-1).run()
