"""Messages that a socket has received, and its application has not taken yet."""

import asyncio
from collections.abc import Callable
from typing import Any

# P14: the messages of one charger that may wait before reading from it pauses.
LIMIT = 64


class Inbox:
    """A queue for one reader, with callbacks when it is full, and when it is half empty again.

    Not an `asyncio.Queue`, which would take 2.5 KiB for every idle charger.
    """

    __slots__ = ("_messages", "_on_full", "_on_room", "_waiter", "full")

    def __init__(self, *, on_full: Callable[[], None], on_room: Callable[[], None]) -> None:
        self._messages: list[dict[str, Any]] = []
        self._waiter: asyncio.Future[None] | None = None
        self._on_full = on_full
        self._on_room = on_room
        self.full = False

    def put(self, message: dict[str, Any]) -> None:
        """Never refuses: `on_full` pauses the sender."""
        self._messages.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if not self.full and len(self._messages) >= LIMIT:
            self.full = True
            self._on_full()

    async def get(self) -> dict[str, Any]:
        """ASGI's `receive`."""
        while not self._messages:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message = self._messages.pop(0)
        if self.full and len(self._messages) <= LIMIT // 2:
            self.full = False
            self._on_room()
        return message
