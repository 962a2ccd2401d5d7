"""The SENDs of one charger, which get no answer (part 4, 4.2.4).

A separate task handles them, so that they delay no CALL. Some are lost if they come faster than
the charger's rate limit allows, or than they can be stored.
"""

import asyncio
import logging

from chargepoints import clock
from chargepoints.gateway.answering import Answering
from chargepoints.gateway.message_rate import MessageRate
from chargepoints.gateway.ocppj import Send
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.observability import metrics
from chargepoints.protocol.station import Station

logger = logging.getLogger(__name__)

MOST_WAITING = 64


class Unconfirmed:
    def __init__(self, answering: Answering, station: Station, rate: MessageRate) -> None:
        self._answering = answering
        self._station = station
        self._rate = rate
        self._waiting: list[tuple[str, Send]] = []
        self._worker: asyncio.Task[None] | None = None

    def take(self, text: str, frame: Send) -> None:
        if not self._rate.take():
            metrics.LOST_SENDS.inc()
            return
        if len(self._waiting) == MOST_WAITING:
            del self._waiting[0]
            metrics.LOST_SENDS.inc()
        self._waiting.append((text, frame))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def ended(self) -> None:
        """The socket is closed: store what was received."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._store(*self._waiting.pop(0))
        finally:
            self._worker = None

    async def _store(self, text: str, frame: Send) -> None:
        try:
            await self._answering.call(text, frame, clock.now())
        except StoreUnavailable:
            metrics.LOST_SENDS.inc()
        except Exception:
            logger.exception("handling a message of %s failed", self._station.identity)
