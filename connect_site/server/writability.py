"""Waiting until a peer takes again what is sent to it."""

import asyncio
import time


class Writability:
    """A push producer to a transport, which tells it when its buffer is full and when empty."""

    writable: "asyncio.Future[None] | None" = None  # set while the peer takes nothing
    blocked_since = 0.0

    async def until_writable(self) -> None:
        if self.writable is not None:
            await asyncio.shield(self.writable)

    def blocked_for(self) -> float:
        """For how many seconds the peer has read nothing."""
        return time.monotonic() - self.blocked_since if self.writable is not None else 0

    def pauseProducing(self) -> None:
        """Called by the transport: more than 64 KiB wait to be sent."""
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
