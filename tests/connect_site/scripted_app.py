"""An ASGI application that does what the path of the request says; served by `served.py`."""

import asyncio
import json
import os
import time
from typing import Any


class BrokenError(Exception):
    pass


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)
    else:
        assert (await receive())["type"] == "websocket.connect"
        action, *arguments = scope["path"].strip("/").split("/")
        await SOCKETS.get(action, echo)(scope, receive, send, *arguments)


# --- Lifespan ------------------------------------------------------------------------------------


async def lifespan(receive: Any, send: Any) -> None:
    behaviour = os.environ.get("LIFESPAN", "")
    await receive()
    if behaviour == "fails":
        await send({"type": "lifespan.startup.failed", "message": "no store"})
        return
    print("startup", flush=True)
    await send({"type": "lifespan.startup.complete"})
    if behaviour == "dies":
        await asyncio.sleep(0.3)
        raise BrokenError("the writer died")
    await receive()
    print("shutdown", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


# --- HTTP ----------------------------------------------------------------------------------------


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"].endswith("/slow"):
        print(f"{os.getpid()}: slow\n", end="", flush=True)
        await asyncio.sleep(1)
    if scope["path"] == "/endless":
        await endless(send)
        return
    status = int(scope["query_string"].removeprefix(b"status=") or 200)
    seen = {**scope, "process": os.getpid(), "body": await whole_body(receive)}
    body = json.dumps({key: str(value) for key, value in seen.items()}).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def whole_body(receive: Any) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message["body"])
        more = message.get("more_body", False)
    return b"".join(parts)


async def endless(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    sent = 0
    while True:
        await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
        sent += 10_000
        if sent % 1_000_000 == 0:
            print(f"endless {sent}", flush=True)


# --- Sockets -------------------------------------------------------------------------------------


async def accept(scope: dict[str, Any], send: Any) -> None:
    offered = scope["subprotocols"]
    await send({"type": "websocket.accept", "subprotocol": offered[0] if offered else None})


async def answer(send: Any, text: str) -> None:
    await send({"type": "websocket.send", "text": text})


async def echo(scope: dict[str, Any], receive: Any, send: Any, *_: str) -> None:
    await accept(scope, send)
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("bytes") is not None:
            await answer(send, f"bytes {message['bytes']!r}")
        else:
            await answer(send, message["text"])
    print(f"disconnect {message['code']}", flush=True)


async def patient(scope: dict[str, Any], receive: Any, send: Any, *_: str) -> None:
    """As `echo`, for a charger that answers no pings."""
    scope["extensions"]["connect.keepalive"](0.2, 30)
    await echo(scope, receive, send)


async def show_scope(scope: dict[str, Any], receive: Any, send: Any, *_: str) -> None:
    await accept(scope, send)

    def as_text(value: Any) -> str:
        return value.decode("latin1") if isinstance(value, bytes) else repr(value)

    await answer(send, json.dumps({**scope, "process": os.getpid()}, default=as_text))
    await receive()


async def deny(scope: dict[str, Any], receive: Any, send: Any, status: str) -> None:
    headers = [(b"www-authenticate", b'Basic realm="ocpp"'), (b"retry-after", b"7")]
    start = "websocket.http.response.start"
    await send({"type": start, "status": int(status), "headers": headers})
    body = "websocket.http.response.body"
    await send({"type": body, "body": b"go ", "more_body": True})
    await send({"type": body, "body": b"away"})


async def close(scope: dict[str, Any], receive: Any, send: Any, code: str) -> None:
    await accept(scope, send)
    await send({"type": "websocket.close", "code": int(code), "reason": "because"})
    print(f"closed by the application: {await receive()}", flush=True)


async def reject(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "websocket.close"})


async def unoffered(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept", "subprotocol": "ocpp9.9"})


async def broken(scope: dict[str, Any], receive: Any, send: Any, when: str) -> None:
    if when == "later":
        await accept(scope, send)
    raise BrokenError("as asked")


async def leave(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await accept(scope, send)


async def late_reader(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Takes nothing for two seconds, and then everything; says what it got."""
    await accept(scope, send)
    await asyncio.sleep(2)
    received = []
    while (message := await receive())["type"] == "websocket.receive" and message["text"] != "end":
        received.append(int(message["text"].split()[0]))
    await answer(send, f"{len(received)} {received == sorted(received)}")
    await receive()


async def torrent(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Sends without end; prints how much was accepted when the socket is gone."""
    await accept(scope, send)
    sent = 0
    gone = asyncio.ensure_future(receive())
    while not gone.done():
        await answer(send, "x" * 10_000)
        await asyncio.sleep(0)
        sent += 10_000
    print(f"torrent {sent} {gone.result()['type']}", flush=True)


async def next_day(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """From the first message on, the clock of the process is 25 hours ahead."""
    await accept(scope, send)
    await receive()
    today = time.time
    time.time = lambda: today() + 25 * 3600
    await answer(send, "it is tomorrow")
    await answer(send, (await receive())["text"])
    time.time = today


async def slow_answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await accept(scope, send)
    await receive()
    await asyncio.sleep(0.3)
    await answer(send, "done")
    await receive()


async def sleeper(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await accept(scope, send)
    await asyncio.sleep(3600)


async def never(scope: dict[str, Any], receive: Any, send: Any) -> None:
    print("undecided", flush=True)
    await asyncio.sleep(3600)


SOCKETS: dict[str, Any] = {
    "scope": show_scope,
    "deny": deny,
    "close": close,
    "reject": reject,
    "unoffered": unoffered,
    "broken": broken,
    "leave": leave,
    "late-reader": late_reader,
    "patient": patient,
    "torrent": torrent,
    "next-day": next_day,
    "slow-answer": slow_answer,
    "sleeper": sleeper,
    "never": never,
}
