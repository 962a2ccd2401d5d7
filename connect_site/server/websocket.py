"""One charger's WebSocket: daphne's protocol, with a limit for every buffer.

The application's `Inbox` pauses the reading of the socket; `BoundedOutput` limits the output.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from autobahn.util import encode_truncate
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from connect_site.server import autobahn_parts
from connect_site.server.compression import Compression
from connect_site.server.long_messages import MOST_DROPPED_BYTES, LongMessages, Turns
from connect_site.server.opening import OpeningHandshake
from connect_site.server.outgoing import BINARY, TEXT, BoundedOutput
from connect_site.server.unmasking import unmasked

# Autobahn takes about two steps per frame. After this many the loop serves other sockets.
STEPS_AT_ONCE = 128
# An endless message of empty fragments never reaches the limit in bytes.
MAX_FRAGMENTS = 4096
HANDSHAKE_TIMEOUT_S = 15
CLOSE_TIMEOUT_S = 10

NOTHING: Mapping[str, Any] = {}

FINAL_TEXT, MASKED = 0x81, 0x80
NO_STATUS_RECEIVED = 1005
# RFC 6455 7.4.1: codes that are never put into a frame.
UNSENDABLE_CODES = {1004, 1005, 1006, 1015}

autobahn_parts.install()


class ChargerSocket(LongMessages, Compression, OpeningHandshake, BoundedOutput):
    """The states are autobahn's: CONNECTING, OPEN, CLOSING, CLOSED."""

    # The options are attributes of the class that the factory makes, not of every socket.
    CONFIG_ATTRS: tuple[str, ...] = ()

    data: bytes
    message_data: Any
    reading_paused = False
    ping_sent_at = 0.0  # 0: no ping waits for an answer
    patience: float | None = None  # for an answer to a ping, if not the default
    without_close_frame = False
    closed_at = 0.0
    lingers_since = 0.0  # closed by us, but the transport still has data to send

    # --- From the charger ------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        self.last_byte = time.monotonic()
        self.ping_sent_at = 0.0
        self.data += data
        self.consumeData()

    def consumeData(self) -> None:
        if self.handshake_deferred is not None:
            # RFC 6455, 4.1: a client must wait for the answer. Early data is read after it.
            self.pause_reading()
            return
        if self.state not in (self.STATE_OPEN, self.STATE_CLOSING):
            super().consumeData()
            return
        for _ in range(STEPS_AT_ONCE):
            if self.reading_paused or self.state == self.STATE_CLOSED:
                return
            if not self.data and self.current_frame is None:
                return
            if not self._take_whole_message() and not self.processData():
                return
        self.pause_reading()
        asyncio.get_running_loop().call_soon(self.resume_reading)

    def _take_whole_message(self) -> bool:
        """Handle one complete, final, masked text frame, the usual form, without autobahn's steps
        for other frames (RFC 6455, 5.2).
        """
        data = self.data
        if self.current_frame is not None or self.inside_message or self.state != self.STATE_OPEN:
            return False
        if len(data) < 8 or data[0] != FINAL_TEXT or not data[1] & MASKED:
            return False
        length, key_at = data[1] & 0x7F, 2
        if length == 126:
            length, key_at = int.from_bytes(data[2:4], "big"), 4
            if length < 126:
                return False  # not the shortest form; autobahn refuses it
        elif length == 127:
            return False
        end = key_at + 4 + length
        if len(data) < end:
            return False
        self.data = data[end:]
        self.onMessage(unmasked(data[key_at : key_at + 4], data[key_at + 4 : end]), False)
        return True

    def pause_reading(self) -> None:
        self.reading_paused = True
        self.transport.pauseProducing()

    def resume_reading(self) -> None:
        """Handle the data already read first, which may pause reading again."""
        if not self.reading_paused or self.inbox is None or self.inbox.full:
            return
        if self.waits_for_turn and self.state == self.STATE_OPEN:
            return
        self.reading_paused = False
        self.last_byte = time.monotonic()
        self.ping_sent_at = 0.0
        self.consumeData()
        if not self.reading_paused and self.transport.connected:
            self.transport.resumeProducing()

    def onMessageFrameBegin(self, length: int) -> None:
        super().onMessageFrameBegin(length)
        if len(self.message_data) > MAX_FRAGMENTS and not self.failedByMe:
            self._max_message_size_exceeded(0, 0, "too many fragments")

    def onMessageEnd(self) -> None:
        self.forget_decompressor()
        if not self.failedByMe:
            extra = self.long_message_ended()
            self.onMessage(b"".join(self.message_data), self.message_is_binary, extra)
        self.message_data = None

    def onMessage(self, payload: bytes, isBinary: bool, extra: Mapping[str, Any] = NOTHING) -> None:
        """A text frame with invalid UTF-8 is passed on as bytes: the application may repair it."""
        if self.inbox is None or self.state != self.STATE_OPEN:
            return
        if not isBinary:
            try:
                self.inbox.put({"type": "websocket.receive", "text": payload.decode(), **extra})
            except UnicodeDecodeError:
                pass
            else:
                return
        self.inbox.put({"type": "websocket.receive", "bytes": payload, **extra})

    # --- To the charger --------------------------------------------------------------------------

    async def send(self, message: Mapping[str, Any]) -> None:
        """ASGI's `send`: waits while the charger does not read, and does nothing after closing.

        Raises ValueError for a message that does not fit the state of the handshake.
        """
        if self.closed_at:
            return
        self.handle_reply(message)
        if self.writable is not None:
            await self.until_writable()

    def handle_reply(self, message: Mapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            if self.state == self.STATE_OPEN:
                if (text := message.get("text")) is not None:
                    self.send_frame(TEXT, text.encode())
                else:
                    self.send_frame(BINARY, message["bytes"])
            elif self.state == self.STATE_CONNECTING:
                raise ValueError("the socket has not been accepted")
        elif kind == "websocket.close" and self.state != self.STATE_CONNECTING:
            self.serverClose(message.get("code"), message.get("reason") or "")
        elif self.state != self.STATE_CONNECTING or self.handshake_deferred is None:
            raise ValueError(f"{kind} after the handshake")
        elif kind == "websocket.accept":
            self.serverAccept(message.get("subprotocol"), message.get("headers") or ())
        elif kind == "websocket.close":
            self.serverReject()
        elif kind.startswith("websocket.http.response."):
            self.collect_denial(message)
        else:
            raise ValueError(f"cannot send {kind} here")

    # --- The end ---------------------------------------------------------------------------------

    def serverClose(self, code: int | None = None, reason: str = "") -> None:
        """Allows all codes of RFC 6455; autobahn's own check allows only a few."""
        code = 1000 if code is None else code
        if not 1000 <= code <= 4999 or code in UNSENDABLE_CODES:
            raise ValueError(f"{code} is not a valid close code")
        if self.without_close_frame:
            self.wasNotCleanReason = reason
            self.dropConnection(abort=False)
            return
        self.sendCloseFrame(code=code, reasonUtf8=encode_truncate(reason, 123) or None)
        # From now on messages are dropped, but the charger's close frame has to be read.
        if self.inbox is not None:
            self.inbox.full = False
        self.resume_reading()

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        self.closed_at = time.monotonic()
        self.release_writers()
        self.factory.turns.leave(self)
        if self.inbox is not None:
            self.server.protocol_disconnected(self)
            code = NO_STATUS_RECEIVED if code is None else code
            why = self.too_long or reason or ""
            self.inbox.put({"type": "websocket.disconnect", "code": code, "reason": why})

    def application_ended(self, task: "asyncio.Task[None]") -> None:
        """Close the socket: without an application it would stay open without answers."""
        failed = not task.cancelled() and task.exception() is not None
        if self.handshake_deferred is not None:
            self.deny(500, [], b"")
        elif self.state == self.STATE_OPEN:
            self.serverClose(1011 if failed else 1000)

    def handle_exception(self, exception: BaseException) -> None:
        """daphne has logged it, and `application_ended` has closed the socket."""

    def _closeConnection(self, abort: bool = False) -> None:
        """After a successful closing handshake, do not reset the connection."""
        super()._closeConnection(abort and not self.wasClean)

    def close_for_restart(self, code: int) -> None:
        if self.handshake_deferred is not None:
            self.deny(503, [], b"")
        elif self.state == self.STATE_OPEN:
            self.serverClose(code)

    def check_timeouts(self) -> None:
        """Called every other second."""
        now = time.monotonic()
        if self.state == self.STATE_CONNECTING:
            if self.handshake_deferred is not None and now - self.last_byte > HANDSHAKE_TIMEOUT_S:
                self.deny(503, [], b"")
        elif self.state == self.STATE_CLOSED:
            self._abort_a_lingering_transport(now)
        elif self.blocked_for() > self.factory.ping_timeout:
            self.drop("it reads nothing")
        elif self.state == self.STATE_OPEN and not self.reading_paused:
            self.drop_if_overdue()
            self._look_for_life(now)

    def _look_for_life(self, now: float) -> None:
        """Any received byte shows that the charger is alive; no check while reading is paused."""
        if self.ping_sent_at:
            if now - self.ping_sent_at > (self.patience or self.factory.ping_timeout):
                self.drop("it is silent and answers no ping")
        elif now - self.last_byte > self.silence_before_ping:
            self.ping_sent_at = now
            self.sendPing(b"connect")

    def keep_alive(self, silence_before_ping: float | None, patience: float | None) -> None:
        """The scope's extension `connect.keepalive`: both in seconds, None: the default."""
        self.silence_before_ping = silence_before_ping or self.silence_before_ping
        self.patience = patience

    def end_without_close_frame(self) -> None:
        """The scope's extension `connect.no_close_frame`: some chargers do not return after one."""
        self.without_close_frame = True

    def _abort_a_lingering_transport(self, now: float) -> None:
        if not self.lingers_since:
            self.lingers_since = now
        elif now - self.lingers_since > CLOSE_TIMEOUT_S and self.transport.connected:
            self.transport.abortConnection()


class ChargerSocketFactory(WebSocketFactory):
    def __init__(self, server: Any, *, ping_interval: float, ping_timeout: float) -> None:
        super().__init__(server, server="connect")
        self.ping_interval = ping_interval
        self.ping_timeout = ping_timeout
        self.turns = Turns()
        self.setProtocolOptions(
            allowNullOrigin=True,
            utf8validateIncoming=False,  # `onMessage` does it, without closing the socket
            # `LongMessages` has its own, lower limits.
            maxMessagePayloadSize=MOST_DROPPED_BYTES,
            maxFramePayloadSize=MOST_DROPPED_BYTES,
            failByDrop=False,  # close with 1009 or 1002
            openHandshakeTimeout=0,  # done by `check_timeouts`
            closeHandshakeTimeout=CLOSE_TIMEOUT_S,
            autoPingInterval=0,
            autoPingTimeout=0,
        )
        options = {name: getattr(self, name) for name in WebSocketProtocol.CONFIG_ATTRS}
        del options["perMessageCompressionAccept"]  # a method of `Compression`
        self.protocol = type("ConfiguredChargerSocket", (ChargerSocket,), options)
