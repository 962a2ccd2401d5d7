"""Nudges: hints between processes that a row has changed. Losing one loses no more than time.

Whoever changed the row tells the server process that holds the charger's socket: itself, or
another over the channel layer, where each has one listener. A sweep finds what no nudge told.
"""

import asyncio
import logging
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from chargepoints.models import Command, Connection, ServerProcess

logger = logging.getLogger(__name__)

# Whoever nudges goes on after that, whatever became of the channel layer.
PATIENCE_S = 1.0
# For so long a process that has asked for a command is told how it goes on.
ASKED_LATELY_S = 60.0

# Commands somebody waits for in this process: set from any thread.
_waiters: dict[uuid.UUID, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
_waiters_lock = threading.Lock()
# Channels of other processes that have asked for a command, by charge point, and until when.
_asked: dict[int, dict[str, float]] = {}

Deliver = Callable[[dict[str, Any]], None]
Forward = Callable[[str, dict[str, Any]], None]


class _Here(NamedTuple):
    """The gateway of this process; what it takes may come from any thread."""

    server_id: uuid.UUID
    channel: str
    deliver: Deliver
    forward: Forward


_here: _Here | None = None


def take_here(server_id: uuid.UUID, deliver: Deliver, forward: Forward) -> None:
    """Nudges for this server are handed to `deliver`, without the channel layer.

    `forward` hands one to the channel of another.
    """
    global _here
    _here = _Here(server_id, ServerProcess(id=server_id).channel, deliver, forward)


def send(charge_point_ids: Sequence[int]) -> None:
    """Have the processes that hold these charge points' sockets look at their rows."""
    held = Connection.objects.filter(current_of__in=charge_point_ids, closed_at=None)
    by_server: defaultdict[ServerProcess, list[int]] = defaultdict(list)
    for connection in held.select_related("server"):
        if connection.server is not None:
            by_server[connection.server].append(connection.charge_point_id)
    # Nobody waits for the commands of a batch.
    waits = _here if len(charge_point_ids) == 1 else None
    more = {"asked_by": waits.channel} if waits is not None else {}
    for server, held_there in by_server.items():
        _tell(server, charge_point_ids=held_there, **more)


def close(connection: Connection, reason: str) -> None:
    """Have the process that holds this socket close it: it is the charge point's no longer.

    The charger is told the `reason` as it is closed.
    """
    if connection.server is not None:
        _tell(connection.server, **closing(connection, reason))


def closing(connection: Connection, reason: str) -> dict[str, Any]:
    """What the process that holds this socket is told."""
    ids = [connection.charge_point_id]
    return {"charge_point_ids": ids, "superseded": connection.pk, "reason": reason}


def follow(charge_point_id: int) -> bool:
    """Have the process that holds its socket forward its frames to this one, for a while.

    True where another process was asked: it says so when it does (`tails.confirm`).
    """
    if _here is None:
        return False
    held = Connection.objects.filter(current_of=charge_point_id, closed_at=None)
    connection = held.select_related("server").first()
    holder = connection.server if connection is not None else None
    if holder is None or holder.pk == _here.server_id:
        return False
    _tell(holder, charge_point_ids=[], follow=charge_point_id, channel=_here.channel)
    return True


def _tell(server: ServerProcess, **message: Any) -> None:
    nudge = {"type": "nudge", **message}
    if _here is not None and _here.server_id == server.pk:
        _here.deliver(nudge)
        return
    try:
        async_to_sync(_send)(server.channel, nudge)
    except Exception as error:  # noqa: BLE001  (a client of Redis may raise anything)
        # P10: the layer is a hint; a Redis that is away costs the time until the next sweep. No
        # traceback: it is the same each time, and each command to a dead process has one.
        problem = str(error) or type(error).__name__
        logger.warning("no nudge for the server process %s: %s", server.pk, problem)


async def _send(channel: str, nudge: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await asyncio.wait_for(layer.send(channel, nudge), PATIENCE_S)


def asked_by(charge_point_id: int, channel: str) -> None:
    """A process has asked for a command of this charge point, and may wait for it."""
    if _here is not None and channel == _here.channel:
        return
    with _waiters_lock:
        _asked.setdefault(charge_point_id, {})[channel] = time.monotonic() + ASKED_LATELY_S


def went_on(command: Command) -> None:
    """Wake the requests that wait for this command, in this process and in the others."""
    wake(command.pk)
    if command.charge_point_id not in _asked or _here is None:
        return
    now = time.monotonic()
    with _waiters_lock:
        asked = _asked.pop(command.charge_point_id, {})
        if lately := {channel: until for channel, until in asked.items() if until > now}:
            _asked[command.charge_point_id] = lately
    for channel in lately:
        _here.forward(channel, {"charge_point_ids": [], "went_on": str(command.pk)})


def wake(command_id: uuid.UUID) -> None:
    """Wake the requests that wait for this command in this process."""
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
