"""A simulated charger's socket: one CALL at a time; it accepts every CALL of the gateway."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.load.websocket import WebSocketClient, text_frame

ANSWER_WITHIN_S = 30.0


class Lost(Exception):
    """The socket is closed, or no answer came in time; the message may have arrived."""


class RefusedError(Exception):
    """The gateway answered with a CALLERROR."""


class ChargerSocket(WebSocketClient):
    """`on_closed` is called when either side has closed the socket."""

    def __init__(
        self, identity: str, key: str, port: int, subprotocol: str, on_closed: Callable[[], None]
    ) -> None:
        super().__init__(identity, key, port, subprotocol)
        self._on_closed = on_closed
        self._waiting: tuple[str, asyncio.Future[Any]] | None = None

    @classmethod
    async def connect(
        cls, identity: str, key: str, port: int, subprotocol: str, on_closed: Callable[[], None]
    ) -> "ChargerSocket":
        """Raises OSError or HandshakeError."""
        loop = asyncio.get_running_loop()
        make = partial(cls, identity, key, port, subprotocol, on_closed)
        _, socket = await loop.create_connection(make, "127.0.0.1", port)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await socket.opened
        except BaseException:
            socket.transport.abort()
            raise
        return socket

    async def call(self, message_id: str, frame: bytes) -> dict[str, Any]:
        """The payload of the answer. Raises Lost or RefusedError."""
        if not self.is_open:
            raise Lost
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting = (message_id, future)
        self.transport.write(text_frame(frame))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await future
        except TimeoutError:
            raise Lost from None
        finally:
            self._waiting = None
        if answer[0] == 4:
            raise RefusedError(f"{answer[2]}: {answer[3]}")
        payload: dict[str, Any] = answer[2]
        return payload

    def hang_up(self) -> None:
        self.transport.abort()

    def text_received(self, payload: bytes) -> None:
        frame = json.loads(payload)
        if frame[0] == 2:
            accepted = json.dumps([3, frame[1], {"status": "Accepted"}]).encode()
            self.transport.write(text_frame(accepted))
        elif self._waiting and frame[1] == self._waiting[0] and not self._waiting[1].done():
            self._waiting[1].set_result(frame)

    def closed(self) -> None:
        if self._waiting and not self._waiting[1].done():
            self._waiting[1].set_exception(Lost())
        self._on_closed()
