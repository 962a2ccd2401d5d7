"""The application's startup and shutdown (ASGI lifespan), which daphne does not support."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from connect_site.server.interface import Application

logger = logging.getLogger(__name__)


class LifespanFailedError(Exception):
    """The application could not start, or has stopped by itself."""


class Lifespan:
    """Runs the application's lifespan in a task: `startup`, then `shutdown`.

    `on_death` is called if that task ends in between: then the application has stopped working.
    """

    def __init__(self, application: Application, *, on_death: Callable[[], None]) -> None:
        self._application = application
        self._on_death = on_death
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answer: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Raises LifespanFailedError."""
        self._task = asyncio.create_task(self._run(), name="lifespan")
        await self._say("startup", self._task)
        self._task.add_done_callback(self._died)

    async def shutdown(self) -> None:
        """Raises LifespanFailedError."""
        if self._task is not None and not self._task.done():
            self._task.remove_done_callback(self._died)
            await self._say("shutdown", self._task)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        await self._application(scope, self._inbox.get, self._send)

    async def _say(self, what: str, task: "asyncio.Task[None]") -> None:
        self._answer = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait({"type": f"lifespan.{what}"})
        await asyncio.wait([self._answer, task], return_when=asyncio.FIRST_COMPLETED)
        if not self._answer.done():
            raise LifespanFailedError(f"it ended during {what}") from task.exception()
        self._answer.result()

    async def _send(self, message: Any) -> None:
        if self._answer is None or self._answer.done():
            raise ValueError(f"nobody waits for {message['type']}")
        if message["type"].endswith(".complete"):
            self._answer.set_result(None)
        else:
            self._answer.set_exception(LifespanFailedError(message.get("message", "")))

    def _died(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        logger.critical("The application's lifespan ended by itself", exc_info=error)
        self._on_death()
