"""What one charger says: its boot, what else comes before the measurement, and an endless mix."""

from __future__ import annotations

from typing import ClassVar

from benchmarks.load.frames import Clock

METER_VALUES, HEARTBEAT, STATUS_NOTIFICATION = range(3)
# 70 % MeterValues, 15 % Heartbeat, 15 % StatusNotification.
SHARES = bytes(
    HEARTBEAT if n in (3, 9, 16) else STATUS_NOTIFICATION if n in (6, 13, 19) else METER_VALUES
    for n in range(20)
)


class Mix:
    """The endless stream of one charger's messages."""

    title: ClassVar[str]
    subprotocol: ClassVar[str]
    boot: ClassVar[bytes]
    # Milliseconds after which core answers; None: no core is configured.
    core_ms: ClassVar[float | None] = None

    def __init__(self, number: int) -> None:
        self.count = 0
        self.clock = Clock()
        self._place = number % len(SHARES)

    def opening(self) -> bytes | None:
        """A frame to send once after the boot, under OPENING_ID; `opened` gets its answer."""
        return None

    def opened(self, answer: bytes) -> None:
        """The opening has its answer."""

    def answered(self, answer: bytes) -> None:
        """The last message has its answer."""

    def next(self) -> tuple[bytes, bytes]:
        """The id of the next message and its frame."""
        raise NotImplementedError

    def next_id(self) -> bytes:
        self.count += 1
        return b"%08d" % self.count

    def next_kind(self) -> int:
        self._place = place = (self._place + 1) % len(SHARES)
        return SHARES[place]

    def energy(self) -> bytes:
        return b"%08d" % (10_000_000 + self.count)
