"""Nudges: hints between processes that a row has changed. Losing one loses no more than time.

Whoever changed the row tells the server process that holds the charger's socket: itself, or
another over the channel layer, where each has one listener. A sweep finds what no nudge told.
"""

import asyncio
import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from chargepoints.models import Connection

logger = logging.getLogger(__name__)

# Whoever nudges goes on after that, whatever became of the channel layer.
PATIENCE_S = 1.0

# Commands somebody waits for in this process: set from any thread.
_waiters: dict[uuid.UUID, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
_waiters_lock = threading.Lock()


Deliver = Callable[[dict[str, Any]], None]
# The gateway of this process, if there is one: its id, and how it takes a nudge from any thread.
_here: tuple[uuid.UUID, Deliver] | None = None


def take_here(server_id: uuid.UUID, deliver: Deliver) -> None:
    """Nudges for this server are handed to `deliver`, without the channel layer."""
    global _here
    _here = (server_id, deliver)


def send(charge_point_id: int, **message: Any) -> None:
    """Have the process that holds this charge point's socket look at its rows."""
    connection = (
        Connection.objects.filter(current_of=charge_point_id, closed_at=None)
        .select_related("server")
        .first()
    )
    if connection is not None:
        _tell_holder(connection, **message)


def close(connection: Connection) -> None:
    """Have the process that holds this socket close it: it is the charge point's no longer."""
    _tell_holder(connection, superseded=connection.pk)


def _tell_holder(connection: Connection, **message: Any) -> None:
    if connection.server is None:
        return
    nudge = {"type": "nudge", "charge_point_id": connection.charge_point_id, **message}
    if _here is not None and _here[0] == connection.server_id:
        _here[1](nudge)
        return
    try:
        async_to_sync(_send)(connection.server.channel, nudge)
    except Exception:
        # P10: the layer is a hint; a Redis that is away costs the time until the next sweep.
        logger.warning("no nudge for %s", connection, exc_info=True)


async def _send(channel: str, nudge: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await asyncio.wait_for(layer.send(channel, nudge), PATIENCE_S)


def finished(command_id: uuid.UUID) -> None:
    """Wake whoever waits for this command in this process."""
    with _waiters_lock:
        waiters = _waiters.get(command_id, [])[:]
    for loop, event in waiters:
        loop.call_soon_threadsafe(event.set)


class Waiter:
    """`async with Waiter(id) as waiter: await waiter.wait(seconds)`; register before reading."""

    def __init__(self, command_id: uuid.UUID) -> None:
        self._command_id = command_id
        self._event = asyncio.Event()
        self._entry = (asyncio.get_running_loop(), self._event)

    async def __aenter__(self) -> "Waiter":
        with _waiters_lock:
            _waiters.setdefault(self._command_id, []).append(self._entry)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        with _waiters_lock:
            waiters = _waiters[self._command_id]
            waiters.remove(self._entry)
            if not waiters:
                del _waiters[self._command_id]

    async def wait(self, seconds: float) -> None:
        """Until woken, or until the time is over: the caller reads the row either way."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        self._event.clear()
