"""Waits until a peer reads again."""

import asyncio
import time


class Writability:
    """A push producer: the transport calls it when its buffer is full, and when it is empty."""

    writable: "asyncio.Future[None] | None" = None  # set while the peer does not read
    blocked_since = 0.0

    async def until_writable(self) -> None:
        if self.writable is not None:
            await asyncio.shield(self.writable)

    def blocked_for(self) -> float:
        """How many seconds the peer has read nothing."""
        return time.monotonic() - self.blocked_since if self.writable is not None else 0

    def pauseProducing(self) -> None:
        """Called by the transport when more than 64 KiB wait to be sent."""
        if self.writable is None:
            self.writable = asyncio.get_running_loop().create_future()
            self.blocked_since = time.monotonic()

    def resumeProducing(self) -> None:
        self.release_writers()

    def stopProducing(self) -> None:
        self.release_writers()

    def release_writers(self) -> None:
        writable, self.writable = self.writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)
