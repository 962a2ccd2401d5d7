"""A WebSocket client made of bytes, for what a proper client would never do."""

import os
import socket
import struct
from dataclasses import dataclass, field

from tests.connect_site.process import Served

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def handshake(target: str | bytes, *lines: str, host: str | None = "charger.test") -> bytes:
    if isinstance(target, str):
        target = target.encode()
    headers = [
        *([f"Host: {host}"] if host is not None else []),
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *lines,
    ]
    return b"GET " + target + b" HTTP/1.1\r\n" + "\r\n".join([*headers, "", ""]).encode("latin1")


@dataclass
class RawSocket:
    sock: socket.socket
    received: bytes = b""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def read_response(self) -> None:
        while b"\r\n\r\n" not in self.received:
            chunk = self.sock.recv(65536)
            assert chunk, f"closed in the middle of the response: {self.received!r}"
            self.received += chunk
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {k.lower(): v.strip() for k, v in (each.split(":", 1) for each in lines)}

    def read_to_end(self) -> bytes:
        while chunk := self.sock.recv(65536):
            self.received += chunk
        return self.received

    def read_frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload; raises ConnectionError when there is none."""
        head = self._take(2)
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        return head[0] & 0x0F, self._take(length)

    def _take(self, length: int) -> bytes:
        while len(self.received) < length:
            chunk = self.sock.recv(65536)
            if not chunk:
                raise ConnectionError("closed")
            self.received += chunk
        taken, self.received = self.received[:length], self.received[length:]
        return taken

    def send(self, text: str) -> None:
        self.sock.sendall(frame(TEXT, text.encode()))

    def text(self) -> str:
        opcode, payload = self.read_frame()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    def close_code(self) -> int:
        """Reads up to the close frame, answers it, and returns its code."""
        while True:
            opcode, payload = self.read_frame()
            if opcode == CLOSE:
                self.sock.sendall(frame(CLOSE, payload))
                (code,) = struct.unpack("!H", payload[:2])
                return int(code)

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += b"\xfe" + struct.pack("!H", len(payload))
    else:
        head += b"\xff" + struct.pack("!Q", len(payload))
    return head + mask + masked


def request(server: Served, data: bytes, *, unix: str | None = None) -> RawSocket:
    if unix:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(10)
        sock.connect(unix)
    else:
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    sock.sendall(data)
    client = RawSocket(sock)
    client.read_response()
    return client


def connect(server: Served, target: str) -> RawSocket:
    client = request(server, handshake(target))
    assert client.status == 101, client.status
    return client
