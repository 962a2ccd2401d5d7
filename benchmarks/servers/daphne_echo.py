"""(a) daphne sending every frame back: what the server costs before any of our work.

`python -m benchmarks.servers.daphne_echo PORT [subclassed]`: daphne as it comes, on uvloop, or
with the subclasses that the gateway runs it with.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from connect_site.server.reactor import install_reactor

install_reactor(threads=8)  # before daphne takes its loop

from daphne.server import Server as Daphne  # noqa: E402

from connect_site.server.server import Options, Server  # noqa: E402


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
        elif event["type"].startswith("lifespan."):
            await send({"type": f"{event['type']}.complete"})
        else:
            return


def main(port: int, *, subclassed: bool) -> None:
    if not subclassed:
        Daphne(echo, [f"tcp:{port}:interface=127.0.0.1"], websocket_timeout=-1).run()
        return
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listening:
        Server(echo, [listening], Options(drain_s=0)).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), subclassed="subclassed" in sys.argv[2:])
