"""Output to a charger: it waits, with a limit, while the charger does not read."""

import logging
import struct

from daphne.ws_protocol import WebSocketProtocol

from connect_site.server.writability import Writability

# How much may wait for a charger that does not read, beyond the 64 KiB at which `send` waits.
MAX_UNSENT_BYTES = 256 * 1024

TEXT, BINARY = 1, 2

logger = logging.getLogger(__name__)


class BoundedOutput(Writability, WebSocketProtocol):
    """`send` waits by `Writability`; output that cannot wait, like a pong, is limited here."""

    unsent_bytes = 0

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        if self.writable is not None:
            self.unsent_bytes += len(data)
            if self.unsent_bytes > MAX_UNSENT_BYTES:
                self.drop("it reads nothing")
                return
        self._write(data)

    def _write(self, data: bytes) -> None:
        """Write at once if nothing waits, which saves a reactor iteration."""
        transport = self.transport
        if transport.connected and not (transport.dataBuffer or transport._tempDataBuffer):
            try:
                sent = transport.socket.send(data)
            except OSError:
                sent = 0  # full or closed; the reactor will find out as well
            data = data[sent:]
        if data:
            transport.write(data)

    def send_frame(self, opcode: int, payload: bytes) -> None:
        """Send a whole message in one unmasked frame (RFC 6455, 5.2)."""
        length = len(payload)
        if length < 126:
            header = struct.pack("!BB", 0x80 | opcode, length)
        elif length < 65536:
            header = struct.pack("!BBH", 0x80 | opcode, 126, length)
        else:
            header = struct.pack("!BBQ", 0x80 | opcode, 127, length)
        self.sendData(header + payload)

    def pauseProducing(self) -> None:
        if self.writable is None:
            self.unsent_bytes = 0
        super().pauseProducing()

    def drop(self, why: str) -> None:
        self.wasClean = False
        self.wasNotCleanReason = why
        logger.info("Dropping %s: %s", self, why)
        self.dropConnection(abort=True)
