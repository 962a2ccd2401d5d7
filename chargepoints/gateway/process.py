"""One server process: its writer, its sessions, its listener for nudges, and its sweep."""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from chargepoints import nudges
from chargepoints.database import planner_statistics
from chargepoints.database.unit_of_work import OF_MANY
from chargepoints.gateway import admission, frame_followers, sweep
from chargepoints.gateway.handshake_guard import HandshakeGuard
from chargepoints.gateway.outbox import Outbox
from chargepoints.gateway.session import BY_A_NEWER_SOCKET, TRY_AGAIN_LATER, Session
from chargepoints.gateway.writer import WATCH_EVERY_S, StoreUnavailable, Writer
from chargepoints.models import ChargePoint, Connection, ServerProcess
from chargepoints.observability import metrics, spans
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import installed_versions
from chargepoints.services.stations import booting

logger = logging.getLogger(__name__)

SWEEP_EVERY_S = 1.0
LISTEN_AGAIN_AFTER_S = 1.0
NUDGED_AT_ONCE = 20
BOOTS_ASKED_AT_ONCE, BOOTS_ASKED_AGAIN_AFTER_S = 4, 0.1
NOT_ITS_SOCKET = "the charge point has a newer socket"
NUDGED_AGAIN_AFTER_S = 0.01

_current: "Gateway | None" = None


def current() -> "Gateway":
    """The gateway of this process. Raises RuntimeError where none is running."""
    if _current is None:
        raise RuntimeError("no gateway runs in this process; start it with manage.py serve")
    return _current


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """ASGI lifespan: the gateway is up before the first socket, and down after the last."""
    global _current
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            gateway = Gateway()
            try:
                await gateway.start()
            except Exception as error:
                logger.exception("the gateway did not start")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            _current = gateway
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if _current is not None:
                await _current.stop()
                _current = None
            await send({"type": "lifespan.shutdown.complete"})
            return


class Gateway:
    def __init__(self) -> None:
        self.server_id = uuid.uuid4()
        self.writer = Writer(settings.WRITER_THREADS)
        self.guard = HandshakeGuard()
        self.sessions: dict[int, Session] = {}
        # Their sockets are closed, and the end of their connections is not stored yet.
        self._ending: set[Session] = set()
        # Held while a long message is read and answered.
        self.one_long_message = asyncio.Lock()
        # A dictionary lookup, which the writer's threads may do at any time.
        self.this_process = admission.ThisProcess(self.server_id, self.sessions.__contains__)
        self._server = ServerProcess(id=self.server_id, host=socket.gethostname(), pid=os.getpid())
        self._outbox = Outbox()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()

    async def start(self) -> None:
        installed_versions()
        spans.exporter()
        self.writer.start()
        await self.writer.run(OF_MANY, lambda unit: sweep.open_server(self._server))
        nudges.register_process(self.server_id, self._nudged, self._forward)
        self._tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._outbox.run()),
            asyncio.create_task(self._sweep()),
            asyncio.create_task(self._ask_for_boots()),
            asyncio.create_task(self._watch_store()),
            asyncio.create_task(self._forward_frames()),
        ]
        if planner_statistics.are_needed():
            self._tasks.append(asyncio.create_task(_renew_statistics()))

    async def stop(self) -> None:
        """Called after the sockets are closed: end the tasks, then write what is queued."""
        # Repeated, because the Redis client sometimes swallows a cancellation.
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=1)
        try:
            await self.writer.run(OF_MANY, lambda unit: sweep.close_server(self.server_id))
        except StoreUnavailable:
            logger.warning("could not store the end of this server process")
        await self.writer.stop()

    async def add(self, session: Session, superseded: Connection | None) -> None:
        """Register the charger's newest authenticated socket; close the one before it."""
        station = session.station
        earlier = self.sessions.get(station.id)
        self.sessions[station.id] = session
        if superseded is not None and self.guard.count_takeover(station.identity):
            logger.warning("takeover storm: %s is frozen", station.identity)
        if earlier is not None:
            await earlier.supersede()
        elif superseded is not None and superseded.server is not None:
            # If this message is lost, the other process's sweep finds the superseded session.
            nudge = nudges.closing(superseded, BY_A_NEWER_SOCKET)
            self._outbox.put(superseded.server.channel, nudge)

    @contextmanager
    def ending(self, session: Session) -> Iterator[None]:
        """Remove a session whose end is being stored: until then the sweep must not close its
        connection as one that was lost.
        """
        if self.sessions.get(session.station.id) is session:
            del self.sessions[session.station.id]
        self._ending.add(session)
        try:
            yield
        finally:
            self._ending.remove(session)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        async def guarded() -> None:
            try:
                await work
            except StoreUnavailable:
                logger.warning("a task of the gateway was cancelled: the database does not answer")
            except Exception:
                logger.exception("a task of the gateway failed")

        task = asyncio.create_task(guarded())
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)
        # A task that is cancelled before its first step never awaits its work.
        task.add_done_callback(lambda _: work.close())

    async def _listen(self) -> None:
        """Receive nudges; a failure of the channel layer affects no socket (P10)."""
        layer = get_channel_layer()
        answers = True
        while layer is not None:
            try:
                await self._handle_nudge(await layer.receive(self._server.channel))
                answers = True
            except Exception:
                if answers:
                    logger.warning("the channel layer does not answer; retrying", exc_info=True)
                answers = False
                await asyncio.sleep(LISTEN_AGAIN_AFTER_S)

    def _nudged(self, message: dict[str, Any]) -> None:
        """Handle a nudge of this process; may be called from any thread."""
        self._loop.call_soon_threadsafe(lambda: self._spawn(self._handle_nudge(message)))

    def _forward(self, channel: str, message: dict[str, Any]) -> None:
        """Send a message to another process; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._outbox.put, channel, message)

    async def _forward_frames(self) -> None:
        """Send frames to the processes whose pages follow them."""
        while True:
            channel, frame = await frame_followers.next_to_forward()
            await self._outbox.send(channel, {"charge_point_ids": [], "frame": frame})

    async def _handle_nudge(self, message: dict[str, Any]) -> None:
        if frame := message.get("frame"):
            frame_followers.take(frame["charge_point_id"], frame)
        if followed := message.get("follow"):
            frame_followers.lease(followed, message["channel"])
            self._outbox.put(message["channel"], {"charge_point_ids": [], "followed": followed})
        if followed := message.get("followed"):
            frame_followers.confirm(followed)
        if went_on := message.get("went_on"):
            nudges.wake(uuid.UUID(went_on))
        for place, charge_point_id in enumerate(message["charge_point_ids"], start=1):
            if asked_by := message.get("asked_by"):
                nudges.asked_by(charge_point_id, asked_by)
            session = self.sessions.get(charge_point_id)
            if session is None:
                continue
            if message.get("superseded") == session.station.connection_id:
                await session.supersede(message.get("reason", NOT_ITS_SOCKET))
            else:
                session.calls.nudge()
            if place % NUDGED_AT_ONCE == 0:
                # P5: messages of chargers must not wait behind a whole fleet's commands.
                await asyncio.sleep(NUDGED_AGAIN_AFTER_S)

    async def _watch_store(self) -> None:
        """P2, P11: while the database is down, close every socket, so that chargers queue."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            self.writer.watch()
            if not self.writer.healthy:
                for session in list(self.sessions.values()):
                    await session.socket.close(TRY_AGAIN_LATER, Connection.NO_STORE)

    async def _sweep(self) -> None:
        """Do what lost nudges asked for, and find what no nudge reports: expiry, dead servers.

        Other processes regard one that does not sweep for a while as dead. So nothing here may take
        longer with more chargers.
        """
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            metrics.publish()
            try:
                sockets = self._open_sockets()
                found = await self.writer.run(OF_MANY, partial(sweep.sweep, sockets=sockets))
                self._act_on(found)
            except StoreUnavailable:
                logger.warning("the sweep waits for the database")
            except Exception:
                logger.exception("the sweep failed")

    def _open_sockets(self) -> sweep.OpenSockets:
        return sweep.OpenSockets(
            self._server,
            {
                session.station.connection_id: (session.station.id, session.seen_at)
                for session in (*self.sessions.values(), *self._ending)
            },
        )

    def _act_on(self, found: sweep.Found) -> None:
        for charge_point in found.changed:
            self._apply_settings(charge_point)
        for charge_point_id in found.with_commands:
            if session := self.sessions.get(charge_point_id):
                session.calls.nudge()
        if found.superseded:
            self._spawn(self._close_superseded(found.superseded))

    async def _close_superseded(self, found: Sequence[tuple[int, int]]) -> None:
        for charge_point_id, connection_id in found:
            session = self.sessions.get(charge_point_id)
            if session is not None and session.station.connection_id == connection_id:
                await session.supersede(NOT_ITS_SOCKET)

    async def _ask_for_boots(self) -> None:
        """Trigger a boot from chargers that reconnected and have not booted for a while.

        A few at a time: after a network outage they are the whole fleet, and messages of chargers
        wait for the transaction that queues these commands (P16).
        """
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            silent = self._without_boot()
            while some := list(islice(silent, BOOTS_ASKED_AT_ONCE)):
                await self._ask(some)
                await asyncio.sleep(BOOTS_ASKED_AGAIN_AFTER_S)

    async def _ask(self, stations: Sequence[Station]) -> None:
        asked = (
            self.writer.run(station.id, partial(booting.ask, station=station))
            for station in stations
        )
        try:
            await asyncio.gather(*asked)
        except StoreUnavailable:
            logger.warning("triggering boots waits for the database")
        except Exception:
            logger.exception("triggering a boot failed")

    def _without_boot(self) -> Iterator[Station]:
        """The stations to ask. Each is checked only once: the result would not change."""
        long_ago = time.monotonic() - settings.BOOT_WITHIN_S
        for session in list(self.sessions.values()):
            station = session.station
            if session.connected_at > long_ago or station.booted_here or station.boot_asked:
                continue
            station.boot_asked = True
            if station.proactive:
                yield station

    def _apply_settings(self, charge_point: ChargePoint) -> None:
        if session := self.sessions.get(charge_point.pk):
            session.station.apply_settings(charge_point)
            session.calls.nudge()


async def _renew_statistics() -> None:
    while True:
        await asyncio.sleep(planner_statistics.RENEW_EVERY_S)
        await asyncio.to_thread(planner_statistics.renew)
