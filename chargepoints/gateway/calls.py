"""Our CALLs to one charger: commands from their rows, one outstanding at a time.

The row is claimed, with its request, before the frame is sent (P8: nothing is sent twice).
A CALL that gets no answer ends as a timeout and is never sent again.
"""

import asyncio
import logging
from dataclasses import replace

from chargepoints import traces
from chargepoints.gateway import claiming, command_answers, frame_followers, message_spans, ocppj
from chargepoints.gateway.charger_socket import ChargerSocket
from chargepoints.gateway.claiming import Claimed
from chargepoints.gateway.command_answers import Answer, Concluded
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.observability import spans
from chargepoints.protocol.mending import Violation

logger = logging.getLogger(__name__)

# A charger that was accepted earlier need not boot again. It may do so for this long.
READY_WITHOUT_BOOT_S = 5.0
BOOT_ACTION = "BootNotification"
NORMAL_CLOSURE = 1000
# This many characters of our ids, which are random UUIDs, identify the CALL.
SHORTEST_ID_PREFIX = 16
ID_IN_OTHER_FORM = "message_id_in_other_form"
# Messages that chargers send before their BootNotification is answered.
BEFORE_BOOT = frozenset({BOOT_ACTION, "StatusNotification"})


class Calls:
    def __init__(self, socket: ChargerSocket) -> None:
        self._socket = socket
        self._ready = False
        self._open = True
        self._again = False
        self._sender: asyncio.Task[None] | None = None
        self._pending_id = self._pending_action = ""
        self._pending: asyncio.Future[Answer] | None = None
        # Set while an answer that was received is being stored.
        self.answer_being_stored: asyncio.Future[None] | None = None
        loop = asyncio.get_running_loop()
        self._ready_timer = loop.call_later(READY_WITHOUT_BOOT_S, self._become_ready)

    def nudge(self) -> None:
        """Check whether there is a command to send."""
        self._again = True
        if self._open and self._sender is None:
            self._sender = asyncio.create_task(self._send_all())

    def replied(self, frame: object) -> None:
        """A reply was sent; commands may go once it shows that the charger has booted."""
        station = self._socket.station
        if station.boot_pending and isinstance(frame, ocppj.Call) and frame.action == BOOT_ACTION:
            # 2.0.1 B02.FR.01: a charger whose boot is pending may be configured.
            self.nudge()
        if self._ready or not station.boot_accepted:
            return
        if isinstance(frame, ocppj.Call) and (
            frame.action == BOOT_ACTION or frame.action not in BEFORE_BOOT
        ):
            self._become_ready()

    def answered(self, text: str, frame: ocppj.CallResult | ocppj.CallError) -> bool:
        """Whether this answers the one outstanding CALL: they are matched by the message id."""
        # An answer with an empty id can only answer the outstanding CALL.
        matches = frame.message_id in (self._pending_id, "")
        if not matches and self._is_same_id(frame.message_id):
            frame.deviations.append(ID_IN_OTHER_FORM)
            matches = True
        # Part 4, 4.2.3: "-1" answers a CALL whose id could not be read.
        if isinstance(frame, ocppj.CallError) and frame.message_id == "-1":
            matches = True
        if not matches or self._pending is None or self._pending.done():
            return False
        self.answer_being_stored = asyncio.get_running_loop().create_future()
        self._pending.set_result(Answer(text, frame))
        return True

    def _is_same_id(self, message_id: str) -> bool:
        """Whether it is the outstanding CALL's id in another case, or truncated."""
        if self._socket.station.strict or len(message_id) < SHORTEST_ID_PREFIX:
            return False
        return self._pending_id.lower().startswith(message_id.lower())

    def is_asked(self, call: ocppj.Call) -> bool:
        """Whether the charger's CALL has the id and the action of our outstanding CALL."""
        return call.message_id == self._pending_id and call.action == self._pending_action

    def unreadable(self, text: str, message_id: str) -> bool:
        """Whether this unreadable frame answers the outstanding CALL, which then ends."""
        if message_id != self._pending_id or self._pending is None or self._pending.done():
            return False
        self.answer_being_stored = asyncio.get_running_loop().create_future()
        self._pending.set_result(Answer(text, None, unreadable=True))
        return True

    @property
    def waiting(self) -> bool:
        """Whether an answer to a CALL of ours is awaited."""
        return self._pending is not None

    def disconnected(self) -> None:
        self._open = False
        self._ready_timer.cancel()
        if self._pending is not None and not self._pending.done():
            self._pending.set_result(Answer("", None, lost=True))

    async def ended(self) -> None:
        if self._sender is not None:
            await asyncio.wait([self._sender])

    def _become_ready(self) -> None:
        self._ready = True
        self._ready_timer.cancel()
        self.nudge()

    async def _send_all(self) -> None:
        identity = self._socket.station.identity
        try:
            while self._again and self._open:
                self._again = False
                while self._open and (claimed := await self._claim()) is not None:
                    await self._call(claimed)
        except StoreUnavailable:
            logger.warning("commands for %s wait for the database", identity)
        except Exception:
            logger.exception("a command for %s failed", identity)
        finally:
            self._sender = None

    async def _claim(self) -> Claimed | None:
        station, version = self._socket.station, self._socket.version
        return await self._socket.store(
            lambda unit: claiming.claim(unit, station, version, self._ready)
        )

    async def _call(self, claimed: Claimed) -> None:
        working = traces.begin(claimed)
        try:
            answer = await self._answer_to(claimed)
            concluded = await self._conclude(claimed, answer)
            frame_followers.publish(concluded.traced)
            if (export := spans.exporter()) is not None:
                message_spans.of_command(export, claimed, self._socket.version.name, answer.fault)
            if concluded.violation is not None:
                await self._refuse_result(claimed, concluded.violation)
            if concluded.unresponsive:
                await self._socket.close(NORMAL_CLOSURE, "the charger answers none of our requests")
        finally:
            if self.answer_being_stored is not None:
                self.answer_being_stored.set_result(None)
                self.answer_being_stored = None
            traces.end(working)

    async def _refuse_result(self, claimed: Claimed, violation: Violation) -> None:
        """Part 4, 4.2.3: tell the sender, if the version has a frame for it (CALLRESULTERROR)."""
        if ocppj.CALLRESULTERROR in self._socket.version.message_types:
            description = f"{violation.pointer}: {violation.message}".removeprefix(": ")
            await self._socket.send(
                ocppj.encode_call_result_error(claimed.message_id, violation.code, description)
            )

    async def _conclude(self, claimed: Claimed, answer: Answer) -> Concluded:
        """An answer that makes our code fail counts as unreadable, so that the command ends."""
        try:
            return await self._store_answer(claimed, answer)
        except StoreUnavailable:
            raise
        except Exception:
            logger.exception(
                "handling the answer of %s to %s failed",
                self._socket.station.identity,
                claimed.action,
            )
            return await self._store_answer(claimed, replace(answer, frame=None, unreadable=True))

    async def _store_answer(self, claimed: Claimed, answer: Answer) -> Concluded:
        station, version = self._socket.station, self._socket.version
        return await self._socket.store(
            lambda unit: command_answers.conclude(unit, station, version, claimed, answer)
        )

    async def _answer_to(self, claimed: Claimed) -> Answer:
        # Registered before the CALL is sent, so that no answer can come too early.
        self._pending_id, self._pending_action = claimed.message_id, claimed.action
        self._pending = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(claimed.frame)
            if frame_followers.is_followed(self._socket.station.id):
                frame_followers.publish(command_answers.on_its_way(self._socket.station, claimed))
            return await asyncio.wait_for(self._pending, claimed.timeout_s)
        except TimeoutError:
            return Answer("", None)
        finally:
            self._pending_id, self._pending = "", None
