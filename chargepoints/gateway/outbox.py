"""Messages of this process to others over the channel layer: sent one at a time, in background.

When a worker ends, thousands of its chargers connect to the others within a second, and each
causes a message to the process that has ended.
"""

import asyncio
import logging
from collections import deque
from typing import Any

from channels.layers import get_channel_layer

from chargepoints import nudges

logger = logging.getLogger(__name__)

# The oldest are dropped: a sweep does what they asked for.
MOST_WAITING = 1000


class Outbox:
    """Belongs to the event loop; `run` is a task of the process."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()
        # Channels for which sending the last message failed.
        self._unheard: set[str] = set()

    def put(self, channel: str, message: dict[str, Any]) -> None:
        self._waiting.append((channel, message))
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                await self.send(*self._waiting.popleft())

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """A message that cannot be sent is dropped; this is logged once for each channel."""
        layer = get_channel_layer()
        if layer is None:
            return
        try:
            nudge = {"type": "nudge", **message}
            await asyncio.wait_for(layer.send(channel, nudge), nudges.PATIENCE_S)
        except Exception as error:  # noqa: BLE001  (a client of Redis may raise anything)
            if channel not in self._unheard:
                problem = str(error) or type(error).__name__
                logger.warning(
                    "cannot send messages to the server process %s: %s", channel, problem
                )
            self._unheard.add(channel)
        else:
            self._unheard.discard(channel)
