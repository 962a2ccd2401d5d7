"""A charger for tests that sends and reads exact frames and trusts the gateway with nothing."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from ssl import SSLContext
from typing import Any, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.fakes import frames
from tests.fakes.journal import Frame, Journal, SentCall

TIMEOUT_S = 10.0


class HandshakeRefusedError(Exception):
    """The gateway answered the handshake with `status` instead of 101."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"refused with HTTP {status}: {body[:200]!r}")
        self.status = status
        self.headers = headers
        self.body = body


def basic_authorization(user: str, password: str | bytes) -> str:
    """The value of an `Authorization` header; the password may be any bytes."""
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(user.encode() + b":" + secret).decode()


class RawCharger:
    """One WebSocket to the gateway, to be made by `connect`; also an async context manager.

    Every frame of the gateway is checked against the schemas of the negotiated version. The
    `AssertionError` of a frame that breaks them is raised by whatever waits for a frame, and
    by everything that is asked of the charger from then on.
    """

    def __init__(self, socket: ClientConnection, version: str) -> None:
        self.socket = socket
        self.version = version
        self.journal = Journal()
        # Several for one id: a charger may repeat a CALL before the first was answered.
        self._waiting: dict[str, list[tuple[SentCall, asyncio.Future[Frame]]]] = {}
        self._calls: asyncio.Queue[Frame] = asyncio.Queue()
        self._strays: asyncio.Queue[Frame] = asyncio.Queue()
        self._end: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls,
        url: str,
        identity: str,
        password: str | bytes | None = None,
        subprotocols: Sequence[str] = ("ocpp1.6",),
        headers: Iterable[tuple[str, str]] = (),
        *,
        user: str | None = None,
        path: str | None = None,
        source: str | None = None,
        within: float = TIMEOUT_S,
        tls: SSLContext | None = None,
    ) -> Self:
        """Connect to `url`/`identity`, where `url` is like `ws://127.0.0.1:8000/ocpp`.

        `user` differs from the identity, and `path` from what is put after `url`, only for
        tests of odd chargers. Raises `HandshakeRefusedError` with the HTTP status.
        """
        sent_headers = list(headers)
        if password is not None:
            authorization = basic_authorization(identity if user is None else user, password)
            sent_headers.append(("Authorization", authorization))
        address = url + ("/" + quote(identity, safe="") if path is None else path)
        try:
            socket = await connect(
                address,
                subprotocols=[Subprotocol(name) for name in subprotocols] or None,
                additional_headers=sent_headers,
                compression=None,
                ping_interval=None,
                proxy=None,
                open_timeout=within,
                max_size=None,
                local_addr=None if source is None else (source, 0),
                ssl=tls,
            )
        except InvalidStatus as error:
            answer = error.response
            headers_received = dict(answer.headers.raw_items())
            raise HandshakeRefusedError(
                answer.status_code, headers_received, bytes(answer.body or b"")
            ) from None
        # A charger that asks for no subprotocol is an old one: it means 1.6.
        return cls(socket, frames.VERSION_OF_SUBPROTOCOL.get(socket.subprotocol or "", "1.6"))

    @property
    def subprotocol(self) -> str | None:
        return self.socket.subprotocol

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.close()
        if kind is None:
            self._raise_violation()

    # --- calls of the charger -------------------------------------------------------------------

    async def call(
        self,
        action: str,
        payload: Any,
        message_id: str | None = None,
        *,
        within: float = TIMEOUT_S,
    ) -> Frame:
        """Send a CALL and return the gateway's CALLRESULT or CALLERROR frame to it."""
        return await self.reply_to(await self.send_call(action, payload, message_id), within)

    async def send_call(self, action: str, payload: Any, message_id: str | None = None) -> str:
        """Send a CALL without waiting; return its message id, for `reply_to`."""
        self._raise_violation()
        message_id = str(uuid.uuid4()) if message_id is None else message_id
        sent = SentCall(message_id, action, payload, time.time())
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(message_id, []).append((sent, reply))
        self.journal.calls.append(sent)
        await self.socket.send(json.dumps([frames.CALL, message_id, action, payload]))
        return message_id

    async def reply_to(self, message_id: str, within: float = TIMEOUT_S) -> Frame:
        """The gateway's reply to the CALL that was sent last with this id."""
        _, reply = self._waiting[message_id][-1]
        return await self._whichever_first(reply, within, f"a reply to {message_id}")

    async def send_unconfirmed(self, action: str, payload: Any) -> None:
        """A SEND, to which there is no reply."""
        message_id = str(uuid.uuid4())
        await self.send_text(json.dumps([frames.SEND, message_id, action, payload]))

    async def send_text(self, text: str | bytes) -> None:
        """Send a frame as it is; bytes make a binary frame."""
        self._raise_violation()
        await self.socket.send(text)

    async def stray(self, within: float = TIMEOUT_S) -> Frame:
        """The next reply of the gateway that answers no CALL sent by `send_call`."""
        return await self._take(self._strays, within, "a stray reply")

    # --- calls of the gateway -------------------------------------------------------------------

    async def expect_call(self, action: str, within: float = TIMEOUT_S) -> tuple[str, Any]:
        """The id and payload of the gateway's next CALL, which has to be an `action`."""
        frame = await self._take(self._calls, within, f"a CALL {action}")
        assert frame[2] == action, f"waited for {action}, the gateway sent {frame}"
        return frame[1], frame[3]

    async def next_call(self, within: float = TIMEOUT_S) -> Frame:
        """The gateway's next CALL, whatever it is."""
        return await self._take(self._calls, within, "a CALL")

    async def answer(self, message_id: str, payload: Any) -> None:
        await self.send_text(json.dumps([frames.CALLRESULT, message_id, payload]))

    async def answer_error(
        self, message_id: str, code: str, description: str = "", details: Any = None
    ) -> None:
        details = {} if details is None else details
        await self.send_text(json.dumps([frames.CALLERROR, message_id, code, description, details]))

    # --- the end --------------------------------------------------------------------------------

    async def wait_closed(self, within: float = TIMEOUT_S) -> int | None:
        """Wait until the gateway has closed the socket; return the close code."""
        async with asyncio.timeout(within):
            await self.socket.wait_closed()
        return self.socket.close_code

    async def close(self, code: int = 1000) -> None:
        await self.socket.close(code)
        await self._reader

    def abort(self) -> None:
        """Cut the connection without a closing handshake, as a power cut does."""
        self.socket.transport.abort()

    # --- reading --------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                self._sort(text)
            self._end.set_exception(ConnectionClosed(None, None))
        except (AssertionError, ConnectionClosed) as error:
            self._end.set_exception(error)
        # Somebody may look at the end or nobody: neither deserves asyncio's warning.
        self._end.exception()

    def _sort(self, text: str | bytes) -> None:
        assert isinstance(text, str), f"OCPP-J is sent in text frames: {text!r}"
        try:
            frame = json.loads(text)
        except ValueError:
            raise AssertionError(f"the gateway sent no JSON: {text!r}") from None
        assert isinstance(frame, list) and frame, f"a frame is an array: {text!r}"
        if frame[0] == frames.CALL:
            frames.check_call(self.version, frame)
            self.journal.asked.append(frame)
            self._calls.put_nowait(frame)
            return
        if frame[0] == frames.CALLRESULTERROR and self.version == "2.1":
            frames.check_error(self.version, frame)
            self._strays.put_nowait(frame)
            return
        assert frame[0] in (frames.CALLRESULT, frames.CALLERROR), f"odd message type: {text!r}"
        self._sort_reply(frame)

    def _sort_reply(self, frame: Frame) -> None:
        if frame[0] == frames.CALLERROR:
            frames.check_error(self.version, frame)
        for sent, reply in self._waiting.get(frame[1], []):
            if not reply.done():
                if frame[0] == frames.CALLRESULT:
                    frames.check_result(self.version, sent.action, frame)
                sent.reply, sent.replied_at = frame, time.time()
                reply.set_result(frame)
                return
        self._strays.put_nowait(frame)

    async def _take(self, queue: asyncio.Queue[Frame], within: float, what: str) -> Frame:
        getter = asyncio.ensure_future(queue.get())
        try:
            return await self._whichever_first(getter, within, what)
        finally:
            getter.cancel()

    async def _whichever_first(
        self, wanted: asyncio.Future[Frame], within: float, what: str
    ) -> Frame:
        await asyncio.wait({wanted, self._end}, timeout=within, return_when="FIRST_COMPLETED")
        if wanted.done():
            return wanted.result()
        if self._end.done():
            self._end.result()
        raise AssertionError(f"the gateway sent no such thing within {within} s: {what}")

    def _raise_violation(self) -> None:
        error = self._end.exception() if self._end.done() else None
        if isinstance(error, AssertionError):
            raise error
