"""What this process tells others over the channel layer: one message at a time, never waited for.

After the end of a worker thousands of its chargers come to the others in a second, each with a
word for the process that is no more.
"""

import asyncio
import logging
from collections import deque
from typing import Any

from channels.layers import get_channel_layer

from chargepoints import nudges

logger = logging.getLogger(__name__)

# Those that waited longest are left out: a sweep finds what they were about.
MOST_WAITING = 1000


class Outbox:
    """Belongs to the event loop; `run` is a task of the process."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()
        # Channels that did not take the last message.
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
        """What the channel layer does not take is left out; the log says so once for a channel."""
        layer = get_channel_layer()
        if layer is None:
            return
        try:
            nudge = {"type": "nudge", **message}
            await asyncio.wait_for(layer.send(channel, nudge), nudges.PATIENCE_S)
        except Exception as error:  # noqa: BLE001  (a client of Redis may raise anything)
            if channel not in self._unheard:
                problem = str(error) or type(error).__name__
                logger.warning("the server process %s takes no messages: %s", channel, problem)
            self._unheard.add(channel)
        else:
            self._unheard.discard(channel)
