"""Nudges: hints between processes that a row has changed. Losing one loses no more than time.

Whoever changed the row tells the server process that holds the charger's socket: itself, or
another over the channel layer, where each has one listener. A sweep finds what no nudge told.
"""

import asyncio
import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from chargepoints.models import Connection, ServerProcess

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


def send(charge_point_ids: Sequence[int]) -> None:
    """Have the processes that hold these charge points' sockets look at their rows."""
    held = Connection.objects.filter(current_of__in=charge_point_ids, closed_at=None)
    by_server: defaultdict[ServerProcess, list[int]] = defaultdict(list)
    for connection in held.select_related("server"):
        if connection.server is not None:
            by_server[connection.server].append(connection.charge_point_id)
    for server, held_there in by_server.items():
        _tell(server, charge_point_ids=held_there)


def close(connection: Connection) -> None:
    """Have the process that holds this socket close it: it is the charge point's no longer."""
    if connection.server is not None:
        ids = [connection.charge_point_id]
        _tell(connection.server, charge_point_ids=ids, superseded=connection.pk)


def _tell(server: ServerProcess, **message: Any) -> None:
    nudge = {"type": "nudge", **message}
    if _here is not None and _here[0] == server.pk:
        _here[1](nudge)
        return
    try:
        async_to_sync(_send)(server.channel, nudge)
    except Exception:
        # P10: the layer is a hint; a Redis that is away costs the time until the next sweep.
        logger.warning("no nudge for the server process %s", server.pk, exc_info=True)


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
