"""Nudges: hints between processes that a row has changed. A lost nudge costs only time.

The process that changes a row notifies the process that holds the charger's socket: itself,
or another one over the channel layer, where each has one listener. A sweep finds what lost
nudges were about.
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

# The sender continues after this time, whatever happens to the channel layer.
PATIENCE_S = 1.0
# How long a process that submitted a command is notified of its progress.
NOTIFY_FOR_S = 60.0

# Commands that API requests of this process wait for; set from any thread.
_waiters: dict[uuid.UUID, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
_waiters_lock = threading.Lock()
# Channels of other processes that submitted a command, by charge point, with an expiry.
_asked: dict[int, dict[str, float]] = {}

Deliver = Callable[[dict[str, Any]], None]
Forward = Callable[[str, dict[str, Any]], None]


class _ThisProcess(NamedTuple):
    """The gateway of this process; its functions may be called from any thread."""

    server_id: uuid.UUID
    channel: str
    deliver: Deliver
    forward: Forward


_this_process: _ThisProcess | None = None


def register_process(server_id: uuid.UUID, deliver: Deliver, forward: Forward) -> None:
    """Register this process's gateway, so that its nudges bypass the channel layer.

    `deliver` handles a nudge for this process; `forward` sends one to another's channel.
    """
    global _this_process
    _this_process = _ThisProcess(server_id, ServerProcess(id=server_id).channel, deliver, forward)


def send(charge_point_ids: Sequence[int]) -> None:
    """Make the processes that hold these charge points' sockets read their rows."""
    held = Connection.objects.filter(current_of__in=charge_point_ids, closed_at=None)
    by_server: defaultdict[ServerProcess, list[int]] = defaultdict(list)
    for connection in held.select_related("server"):
        if connection.server is not None:
            by_server[connection.server].append(connection.charge_point_id)
    # Nobody waits for the commands of a batch.
    waits = _this_process if len(charge_point_ids) == 1 else None
    more = {"asked_by": waits.channel} if waits is not None else {}
    for server, held_there in by_server.items():
        _nudge(server, charge_point_ids=held_there, **more)


def close(connection: Connection, reason: str) -> None:
    """Make the process that holds this socket close it, because the charge point has a newer one.

    `reason` is sent to the charger in the close frame.
    """
    if connection.server is not None:
        _nudge(connection.server, **closing(connection, reason))


def closing(connection: Connection, reason: str) -> dict[str, Any]:
    """The nudge that makes the process that holds this socket close it."""
    ids = [connection.charge_point_id]
    return {"charge_point_ids": ids, "superseded": connection.pk, "reason": reason}


def follow(charge_point_id: int) -> bool:
    """Make the process that holds the socket forward its frames to this one, for a while.

    True if another process was asked; it confirms when it forwards (`frame_followers.confirm`).
    """
    if _this_process is None:
        return False
    held = Connection.objects.filter(current_of=charge_point_id, closed_at=None)
    connection = held.select_related("server").first()
    holder = connection.server if connection is not None else None
    if holder is None or holder.pk == _this_process.server_id:
        return False
    _nudge(holder, charge_point_ids=[], follow=charge_point_id, channel=_this_process.channel)
    return True


def _nudge(server: ServerProcess, **message: Any) -> None:
    nudge = {"type": "nudge", **message}
    if _this_process is not None and _this_process.server_id == server.pk:
        _this_process.deliver(nudge)
        return
    try:
        async_to_sync(_send)(server.channel, nudge)
    except Exception as error:  # noqa: BLE001  (a client of Redis may raise anything)
        # P10: nudges are only hints; without Redis the next sweep does their work. No traceback, as
        # it would be the same for each command to a dead process.
        problem = str(error) or type(error).__name__
        logger.warning("no nudge for the server process %s: %s", server.pk, problem)


async def _send(channel: str, nudge: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await asyncio.wait_for(layer.send(channel, nudge), PATIENCE_S)


def asked_by(charge_point_id: int, channel: str) -> None:
    """Note that a process submitted a command to this charge point, and may wait for it."""
    if _this_process is not None and channel == _this_process.channel:
        return
    with _waiters_lock:
        _asked.setdefault(charge_point_id, {})[channel] = time.monotonic() + NOTIFY_FOR_S


def command_changed(command: Command) -> None:
    """Wake the requests that wait for this command, in this process and in the others."""
    wake(command.pk)
    if command.charge_point_id not in _asked or _this_process is None:
        return
    now = time.monotonic()
    with _waiters_lock:
        asked = _asked.pop(command.charge_point_id, {})
        if lately := {channel: until for channel, until in asked.items() if until > now}:
            _asked[command.charge_point_id] = lately
    for channel in lately:
        _this_process.forward(channel, {"charge_point_ids": [], "went_on": str(command.pk)})


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
        """Wait until woken, or until the time is over; the caller then reads the row."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        self._event.clear()
