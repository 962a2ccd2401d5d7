"""Runs all enabled mirrors, each in its own task."""

import asyncio
import logging
import random
import uuid
from contextlib import suppress

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from websockets.exceptions import WebSocketException

from chargepoints.database import shared_clock
from chargepoints.database.outages import STORE_UNAVAILABLE
from chargepoints.mirroring import forwarding
from chargepoints.mirroring.link import Link, LinkLost, open_socket

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0


class Worker:
    """Runs until `stop`; any number of workers may run, and one of them serves each mirror."""

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        self._following: dict[int, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._start_new()
            except STORE_UNAVAILABLE as error:
                logger.warning("the mirrors wait for the database: %s", error)
                # The connection that broke would stay broken.
                await sync_to_async(close_old_connections)()
            try:
                await asyncio.wait_for(self._stopping.wait(), CHECK_EVERY_S)
            except TimeoutError:
                continue
        for task in self._following.values():
            task.cancel()
        await asyncio.gather(*self._following.values(), return_exceptions=True)

    async def _start_new(self) -> None:
        await sync_to_async(shared_clock.synchronize)()
        for pk in await sync_to_async(forwarding.enabled_ids)():
            task = self._following.get(pk)
            if task is None or task.done():
                self._following[pk] = asyncio.create_task(self._follow(pk))

    async def _follow(self, pk: int) -> None:
        """Connect again and again while this worker holds the mirror."""
        pause = FIRST_PAUSE_S
        try:
            while mirror := await sync_to_async(forwarding.hold)(pk, self.id):
                try:
                    protocol = await sync_to_async(forwarding.protocol)(mirror)
                    async with await open_socket(mirror, protocol) as socket:
                        pause = FIRST_PAUSE_S
                        await Link(mirror, self.id, socket, protocol).run()
                except (LinkLost, OSError, WebSocketException, TimeoutError) as error:
                    logger.info("the mirror of %s is disconnected: %s", mirror.charge_point, error)
                    await sync_to_async(forwarding.disconnected)(
                        pk, str(error) or type(error).__name__
                    )
                    await asyncio.sleep(pause * random.uniform(0.7, 1))  # noqa: S311  (no secret)
                    pause = min(2 * pause, LONGEST_PAUSE_S)
        except STORE_UNAVAILABLE as error:
            logger.warning("a mirror waits for the database: %s", error)
        except Exception:
            logger.exception("a mirror failed")
        finally:
            with suppress(*STORE_UNAVAILABLE):  # the hold then ends by itself
                await sync_to_async(forwarding.release)(pk, self.id)
