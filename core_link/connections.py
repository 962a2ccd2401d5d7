"""The connections to core: so many questions at a time, and the others wait for their turn."""

import asyncio

# A core that has answered nobody for so long hangs: what waits behind it waits in vain.
HANGS_AFTER_S = 1.0
# How long an exchange is thought to last before one was seen, and what each tells of the next.
AT_FIRST_S = 0.02
WEIGHT_OF_THE_LAST = 0.1


class NoTurn(Exception):
    """No connection became free; `hangs`: core answered nobody meanwhile."""

    def __init__(self, *, hangs: bool) -> None:
        super().__init__("every connection to core is waiting")
        self.hangs = hangs


class Connections:
    """Used from one event loop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._answers = 0
        self._waiting = 0
        # How long one is taken, as seen of late.
        self._usual_s = AT_FIRST_S
        self.taken = 0

    async def take(self, ends: float) -> None:
        """Wait for one until `ends`, by the loop's clock, or until core plainly hangs.

        Raises NoTurn: at once where the turn of those before would last until then.
        """
        if not self._free.locked():
            await self._free.acquire()
        else:
            remaining_s = ends - asyncio.get_running_loop().time()
            if self._waiting / self._count * self._usual_s > remaining_s:
                raise NoTurn(hangs=False)
            self._waiting += 1
            try:
                await self._wait(ends)
            finally:
                self._waiting -= 1
        self.taken += 1

    def give_back(self, *, answered: bool, after_s: float | None) -> None:
        """`after_s`: how long the exchange has lasted; None if there was none."""
        self._answers += answered
        if after_s is not None:
            self._usual_s += (after_s - self._usual_s) * WEIGHT_OF_THE_LAST
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
