"""A charger's open socket, with its station, version, and writer.

`Session` (the charger's CALLs) and `Calls` (our CALLs) share this object and nothing else.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway.admission import Admitted
from chargepoints.gateway.writer import Writer

logger = logging.getLogger(__name__)

T = TypeVar("T")
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChargerSocket:
    def __init__(self, admitted: Admitted, writer: Writer, send: Send) -> None:
        self.station = admitted.station
        self.version = admitted.version
        self.writer = writer
        self.closing = False
        # Called when closing begins, so that nobody waits for the charger any longer.
        self.when_closing: Callable[[], None] = lambda: None
        self._send = send

    def store(self, work: Callable[[UnitOfWork], T]) -> Awaitable[T]:
        """Run `work` in a transaction; its result, once it is durable. Raises StoreUnavailable."""
        return self.writer.run(self.station.id, work)

    async def send(self, text: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError as error:
            # Some ASGI servers raise it if the socket is closed.
            logger.info("%s is gone: %s", self.station.identity, error)

    async def close(self, code: int, reason: str) -> None:
        """Close the socket; the consumer's read loop then ends the session."""
        if self.closing:
            return
        self.closing = True
        self.when_closing()
        logger.info("closing the socket of %s: %s", self.station.identity, reason)
        await self._send({"type": "websocket.close", "code": code, "reason": reason})
