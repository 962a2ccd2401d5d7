"""One badly behaved charger, in a process of its own: `python -m benchmarks.load.neighbour
KIND PORT PASSWORD NUMBER`. Prints `ready` once it misbehaves, and on SIGTERM what it did.
"""

from __future__ import annotations

import json
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from types import FrameType
from typing import NoReturn

from benchmarks.load.charger import identity_of
from benchmarks.load.mixes_v16 import Plain
from benchmarks.load.websocket import opening_handshake, text_frame

BLOCKED_FOR_S = 0.2


@dataclass
class Deeds:
    connects: int = 0
    refused: int = 0
    sent_bytes: int = 0
    seconds: float = 0.0


class Neighbour:
    def __init__(self, port: int, password: str, number: int) -> None:
        self.port, self.password, self.number = port, password, number
        self.deeds = Deeds()
        self.mix = Plain(number)
        self.socket: socket.socket

    def connect(self) -> None:
        """Connect and boot, over again until it works; reads the answer to the boot."""
        while True:
            self.socket = socket.socket()
            # So little that what is not read soon waits in the server.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            self.socket.settimeout(5)
            try:
                self.socket.connect(("127.0.0.1", self.port))
                handshake = opening_handshake(
                    identity_of(self.number), self.password, self.port, Plain.subprotocol
                )
                self.socket.sendall(handshake)
                if b" 101 " in self.socket.recv(4096):
                    self.socket.sendall(Plain.boot)
                    self.socket.recv(4096)
                    self.deeds.connects += 1
                    return
            except OSError:
                pass
            self.deeds.refused += 1
            self.socket.close()
            time.sleep(0.1)

    def send(self, frames: bytes) -> None:
        """As much as the server takes; a closed socket is opened again."""
        self.socket.settimeout(BLOCKED_FOR_S)
        rest = memoryview(frames)
        while rest:
            try:
                sent = self.socket.send(rest)
            except TimeoutError:
                continue
            except OSError:
                self.socket.close()
                self.connect()
                return
            self.deeds.sent_bytes += sent
            rest = rest[sent:]

    def read_what_is_there(self) -> None:
        while select.select([self.socket], [], [], 0)[0]:
            try:
                if not self.socket.recv(65536):
                    return
            except OSError:
                return


def silent(neighbour: Neighbour) -> NoReturn:
    """Boots and is never heard of again: no message, no pong, and it reads nothing."""
    while True:
        time.sleep(1)


def slow(neighbour: Neighbour) -> NoReturn:
    """Ten messages a second, and of the answers it reads some ten bytes a second."""
    while True:
        neighbour.send(neighbour.mix.next()[1])
        if select.select([neighbour.socket], [], [], 0)[0]:
            neighbour.socket.recv(1)
        time.sleep(0.1)


def flooding(neighbour: Neighbour) -> NoReturn:
    """Sends as fast as the server takes it, and never reads."""
    while True:
        neighbour.send(b"".join(neighbour.mix.next()[1] for _ in range(100)))


def garbage(neighbour: Neighbour) -> NoReturn:
    """Frames without sense, as fast as the server takes them; reads what comes back."""
    for frame in cycle(_nonsense()):
        neighbour.send(frame)
        neighbour.read_what_is_there()
    raise AssertionError("cycle() has no end")


def flapping(neighbour: Neighbour) -> NoReturn:
    """Breaks the WebSocket protocol after every boot, and connects again at once."""
    while True:
        neighbour.send(b"\xff\xff\xff\xff" * 16)
        neighbour.socket.close()
        neighbour.connect()


def _nonsense() -> Iterator[bytes]:
    meter_values = b'[2,"%b","MeterValues",{"connectorId":"one","meterValue":%b}]'
    yield from map(
        text_frame,
        (
            b"",
            b"\x00",
            b"nonsense " * 100,
            b"[" * 50_000,
            b'[2,"1","MeterValues",{"connectorId":1,',
            b'[2,"1","NoSuchAction",{}]',
            b'[3,"1",{}]',
            b'[4,"-1","InternalError","",{}]',
            b'[9,"1",{}]',
            b'{"an":"object"}',
            b'[2,"1","MeterValues",[]]',
            b'[2,"1","StatusNotification",{"connectorId":1e400}]',
            b'[2,"1","Heartbeat",{"x":' + b"9" * 5_000 + b"}]",
            b'[2,"\xff\xfe","Heartbeat",{}]',
            meter_values % (b"2", b"[]"),
            meter_values % (b"3", b"[" + b"{}," * 20_000 + b"{}]"),
            b'[2,"%b","Heartbeat",{}]' % (b"i" * 60_000),
        ),
    )


KINDS: dict[str, Callable[[Neighbour], NoReturn]] = {
    "slow": slow,
    "silent": silent,
    "flooding": flooding,
    "garbage": garbage,
    "flapping": flapping,
}


def main() -> None:
    kind, port, password, number = sys.argv[1:]
    neighbour = Neighbour(int(port), password, int(number))

    def tell_and_end(_signal: int, _frame: FrameType | None) -> NoReturn:
        neighbour.deeds.seconds = time.monotonic() - started
        print(json.dumps(asdict(neighbour.deeds)), flush=True)
        sys.exit(0)

    neighbour.connect()
    started = time.monotonic()
    signal.signal(signal.SIGTERM, tell_and_end)
    print("ready", flush=True)
    KINDS[kind](neighbour)


if __name__ == "__main__":
    main()
