"""The connections to core: so many questions at a time, and the others wait for their turn."""

import asyncio

# A core that has answered nobody for so long hangs: what waits behind it waits in vain.
HANGS_AFTER_S = 1.0


class NoTurn(Exception):
    """No connection became free; `hangs`: core answered nobody meanwhile."""

    def __init__(self, *, hangs: bool) -> None:
        super().__init__("every connection to core is waiting")
        self.hangs = hangs


class Connections:
    """Used from one event loop."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._answers = 0
        self.taken = 0

    async def take(self, ends: float) -> None:
        """Wait for one until `ends`, by the loop's clock, or until core plainly hangs.

        Raises NoTurn.
        """
        if self._free.locked():
            await self._wait(ends)
        else:
            await self._free.acquire()
        self.taken += 1

    def give_back(self, *, answered: bool) -> None:
        self._answers += answered
        self.taken -= 1
        self._free.release()

    async def _wait(self, ends: float) -> None:
        now = asyncio.get_running_loop().time
        heard = self._answers
        turn = asyncio.create_task(self._free.acquire())
        try:
            await asyncio.wait([turn], timeout=min(HANGS_AFTER_S, ends - now()))
            if not turn.done() and self._answers != heard:
                await asyncio.wait([turn], timeout=max(0.0, ends - now()))
        except asyncio.CancelledError:
            if not turn.cancel():
                self._free.release()
            raise
        if not turn.done():
            turn.cancel()
            raise NoTurn(hangs=self._answers == heard)
