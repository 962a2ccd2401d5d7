"""One mirror's socket to the other central system: one message at a time, until its answer."""

import asyncio
import json
import logging
import uuid
from base64 import b64encode
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from chargepoints.gateway.ocppj import CALL, CALLERROR, CALLRESULT, Call, Send
from chargepoints.mirroring import forwarding, traced_messages, transaction_ids
from chargepoints.mirroring.traced_messages import TracedMessage
from chargepoints.models import Mirror
from chargepoints.services.commands.submission import CommandRefused

logger = logging.getLogger(__name__)

Frame = list[Any]

# Their sum must be less than the lease.
ANSWER_WITHIN_S, HOLD_EVERY_S = 15.0, 3.0
CHECK_EVERY_S = 0.5
COMMAND_WITHIN_S = 60.0


class LinkLost(Exception):
    """The other system is unreachable or does not answer: unanswered messages are sent again."""


class Link:
    def __init__(
        self, mirror: Mirror, worker: uuid.UUID, socket: ClientConnection, protocol: str
    ) -> None:
        self._mirror = mirror
        self._worker = worker
        self._socket = socket
        self._protocol = protocol
        self._held_at = 0.0
        self._awaited: tuple[str, asyncio.Future[Frame]] | None = None
        self._commands: set[asyncio.Task[None]] = set()
        # Cleared while an answer that was received is being stored.
        self._stored = asyncio.Event()
        self._stored.set()

    async def run(self) -> None:
        """Run until the mirror is disabled, is another worker's, or has to use another subprotocol.

        Raises LinkLost.
        """
        reader = asyncio.create_task(self._read())
        try:
            await sync_to_async(forwarding.connected)(self._mirror)
            while await self._is_ours():
                behind = await sync_to_async(forwarding.next_messages)(self._mirror)
                for message in behind:
                    if message.protocol != self._protocol:
                        return
                    if await self._is_ours():
                        await self._forward(message)
                if not behind:
                    await asyncio.wait([reader], timeout=CHECK_EVERY_S)
                if reader.done():
                    raise LinkLost("the socket was closed")
        finally:
            for task in (reader, *self._commands):
                task.cancel()

    async def _is_ours(self) -> bool:
        """Whether this worker still holds the mirror; checked again long before the lease ends."""
        now = asyncio.get_running_loop().time()
        if now - self._held_at < HOLD_EVERY_S:
            return True
        mirror = await sync_to_async(forwarding.hold)(self._mirror.pk, self._worker)
        if mirror is None:
            return False
        self._mirror, self._held_at = mirror, now
        return True

    async def _forward(self, message: TracedMessage) -> None:
        if message.call is None:
            await sync_to_async(forwarding.skip_unreadable)(self._mirror, message)
            return
        before = await sync_to_async(transaction_ids.start_before)(
            self._mirror, message.call.payload
        )
        if before is not None:
            await self._forward(before)
        payload = transaction_ids.as_theirs(self._mirror, message.call.payload)
        answer = await self._send(replace(message.call, payload=payload))
        await sync_to_async(forwarding.record_forwarded)(self._mirror, message, answer)
        self._stored.set()

    async def _send(self, call: Call) -> Any:
        """Send it, and return the payload of its CALLRESULT; None for a CALLERROR, and for a SEND,
        which gets no answer (part 4, 4.2.4).
        """
        if isinstance(call, Send):
            await self._socket.send(traced_messages.as_frame(call))
            return None
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._awaited = call.message_id, answer
        try:
            await self._socket.send(traced_messages.as_frame(call))
            answered = await asyncio.wait_for(answer, ANSWER_WITHIN_S)
        except TimeoutError:
            raise LinkLost(f"no answer to {call.action}") from None
        except OSError as error:
            raise LinkLost(str(error)) from error
        finally:
            self._awaited = None
        return answered[2] if answered[0] == CALLRESULT else None

    async def _read(self) -> None:
        """Read the other system's answers, which end here, and its CALLs to the charger."""
        try:
            async for text in self._socket:
                self._take(text)
        except WebSocketException as error:
            logger.info("the socket of a mirror broke: %s", error)
        finally:
            if self._awaited is not None and not self._awaited[1].done():
                self._awaited[1].set_exception(LinkLost("the socket was closed"))

    def _take(self, text: str | bytes) -> None:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(frame, list) or len(frame) < 3:
            return
        if frame[0] == CALL and len(frame) == 4:
            task = asyncio.create_task(self._execute(frame))
            self._commands.add(task)
            task.add_done_callback(self._commands.discard)
        elif self._answers(frame):
            self._stored.clear()
            self._awaited[1].set_result(frame)  # type: ignore[index]

    def _answers(self, frame: Frame) -> bool:
        """Whether it is the first answer to the CALL that waits."""
        if self._awaited is None or frame[0] not in (CALLRESULT, CALLERROR):
            return False
        message_id, answer = self._awaited
        return bool(frame[1] == message_id) and not answer.done()

    async def _execute(self, call: Frame) -> None:
        _, message_id, action, payload = call
        # The CALL may name the transaction of the answer just before it.
        await self._stored.wait()
        try:
            answer: Any = await self._answer(str(message_id), str(action), payload)
        except CommandRefused as refused:
            code = "NotSupported" if refused.code == "not_supported" else "GenericError"
            answer = [CALLERROR, message_id, code, refused.detail[:255], {}]
        except Exception:
            logger.exception("a command of a mirror failed")
            answer = [CALLERROR, message_id, "InternalError", "", {}]
        with suppress(WebSocketException):
            await self._socket.send(json.dumps(answer))

    async def _answer(self, message_id: str, action: str, payload: Any) -> Frame:
        submit = sync_to_async(forwarding.submit_command)
        command = await submit(self._mirror, message_id, action, payload)
        deadline = asyncio.get_running_loop().time() + COMMAND_WITHIN_S
        while asyncio.get_running_loop().time() < deadline:
            found = await sync_to_async(forwarding.answer_of)(command.pk)
            if found is not None and found[1]:
                return [CALLERROR, message_id, "GenericError", found[1], {}]
            if found is not None:
                return [CALLRESULT, message_id, transaction_ids.as_theirs(self._mirror, found[0])]
            await asyncio.sleep(0.1)
        return [CALLERROR, message_id, "GenericError", "no_answer", {}]


async def open_socket(mirror: Mirror, protocol: str) -> ClientConnection:
    """Connect as the charger itself would. Raises LinkLost, OSError and websockets' errors."""
    identity = mirror.charge_point.identity
    headers = {}
    if mirror.password:
        pair = f"{identity}:{mirror.password}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    socket = await connect(
        f"{mirror.url.rstrip('/')}/{quote(identity, safe='')}",
        # None if the charger has never connected.
        subprotocols=[Subprotocol(protocol)] if protocol else None,
        additional_headers=headers,
        ping_interval=30,
        ping_timeout=30,
        open_timeout=10,
        max_size=2**20,
    )
    if socket.subprotocol != (protocol or None):
        await socket.close()
        raise LinkLost(f"the other system does not speak {protocol}")
    return socket
