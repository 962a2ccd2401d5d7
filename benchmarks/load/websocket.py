"""A minimal RFC 6455 client. Small on purpose: on two cores, what it saves the server gets."""

from __future__ import annotations

import asyncio
import base64
import struct
from typing import cast

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL = 0x80
MASKED = 0x80
# A masking key of zero leaves the payload as it is, so that frames can be made once. The
# server unmasks all the same: RFC 6455 wants the bit and the key, whatever the key's value.
ZERO_KEY = bytes(4)


class HandshakeError(Exception):
    """The server's answer to the opening handshake was not 101; `status` is its first line."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def opening_handshake(identity: str, password: str, port: int, subprotocol: str) -> bytes:
    credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
    return (
        f"GET /ocpp/{identity} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
        f"Authorization: Basic {credentials}\r\n\r\n"
    ).encode()


def frame_header(opcode: int, length: int) -> bytes:
    """Header and key of a final, masked frame with `length` bytes of payload."""
    if length < 126:
        return bytes((FINAL | opcode, MASKED | length)) + ZERO_KEY
    if length < 65536:
        return struct.pack("!BBH", FINAL | opcode, MASKED | 126, length) + ZERO_KEY
    return struct.pack("!BBQ", FINAL | opcode, MASKED | 127, length) + ZERO_KEY


def text_frame(payload: bytes) -> bytes:
    return frame_header(TEXT, len(payload)) + payload


class WebSocketClient(asyncio.Protocol):
    """One socket; a subclass takes the frames in `text_received`."""

    def __init__(self, identity: str, password: str, port: int, subprotocol: str) -> None:
        self.identity = identity
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_open = False
        self.transport: asyncio.Transport
        self._request = opening_handshake(identity, password, port, subprotocol)
        self._buffer = b""

    def text_received(self, payload: bytes) -> None:
        raise NotImplementedError

    def closed(self) -> None:
        """The socket is gone, by whichever side."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own, not a subclass
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if not self.opened.done():
            self.opened.set_exception(HandshakeError("closed in the opening handshake"))
        self.closed()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self.is_open:
            head, separator, buffer = buffer.partition(b"\r\n\r\n")
            if not separator:
                self._buffer = head
                return
            if not self._accepted(head):
                return
        self._buffer = self._take_frames(buffer)

    def _accepted(self, head: bytes) -> bool:
        status = head.partition(b"\r\n")[0].decode("latin-1")
        if self.opened.done():
            return False
        if status.split(" ")[1:2] != ["101"]:
            self.opened.set_exception(HandshakeError(status))
            self.transport.abort()
            return False
        self.is_open = True
        self.opened.set_result(None)
        return True

    def _take_frames(self, buffer: bytes) -> bytes:
        """Hands out the whole frames in the buffer and returns the rest."""
        start, available = 0, len(buffer)
        while available - start >= 2:
            length, payload_at = buffer[start + 1], start + 2
            if length == 126:
                if available - start < 4:
                    break
                length, payload_at = int.from_bytes(buffer[start + 2 : start + 4]), start + 4
            elif length == 127:
                if available - start < 10:
                    break
                length, payload_at = int.from_bytes(buffer[start + 2 : start + 10]), start + 10
            end = payload_at + length
            if available < end:
                break
            self._frame_received(buffer[start] & 0x0F, buffer[payload_at:end])
            start = end
        return buffer[start:]

    def _frame_received(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.text_received(payload)
        elif opcode == PING:
            self.transport.write(frame_header(PONG, len(payload)) + payload)
        elif opcode == CLOSE:
            self.transport.write(frame_header(CLOSE, len(payload)) + payload)
            self.transport.close()
