"""One connection of a simulated charger, on the independent client of the `ocpp` package."""

import asyncio
import inspect
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar, cast

from ocpp.charge_point import ChargePoint
from ocpp.exceptions import OCPPError
from ocpp.routing import on
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.fakes import frames
from tests.fakes.journal import SentCall

logger = logging.getLogger(__name__)
# What the package logs as an error, an action without a handler, is what a real charger does.
package_logger = logging.getLogger(__name__ + ".package")
package_logger.setLevel(logging.CRITICAL)

Handler = TypeVar("Handler", bound=Callable[..., Any])
FollowUp = Callable[[], Any]

RESPONSE_TIMEOUT_S = 30


class OfflineError(Exception):
    """There is no connection, or it went before the answer came."""


def answers(action: str) -> Callable[[Handler], Handler]:
    """`ocpp.routing.on`, with types."""
    return cast(Callable[[Handler], Handler], on(action))


class Link(ChargePoint):
    """To be combined with the `ChargePoint` of a version: `class Commands(Link, v16.ChargePoint)`.

    A handler that has more to do than to answer says so by `then`: its answer goes out first,
    as OCPP demands of TriggerMessage and others.
    """

    def __init__(
        self, identity: str, connection: ClientConnection, journal: deque[SentCall]
    ) -> None:
        super().__init__(identity, connection, RESPONSE_TIMEOUT_S, package_logger)
        self.journal = journal
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._follow_ups: list[FollowUp] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def then(self, follow_up: FollowUp) -> None:
        self._follow_ups.append(follow_up)

    async def read(self) -> None:
        """Answer the gateway until the connection ends."""
        try:
            while True:
                await self.route_message(await self._connection.recv())
                self._start_follow_ups()
        except ConnectionClosed:
            return
        finally:
            self._gone.set_result(None)

    async def ask(self, request: Any) -> Any:
        """Send a CALL and return the payload of its answer.

        Raises `OfflineError`, `TimeoutError`, or the `OCPPError` that stands for a CALLERROR.
        """
        message_id = str(uuid.uuid4())
        sent = SentCall(message_id, type(request).__name__, asdict(request), time.time())
        self.journal.append(sent)
        call = asyncio.ensure_future(self.call(request, suppress=False, unique_id=message_id))
        try:
            await asyncio.wait({call, self._gone}, return_when="FIRST_COMPLETED")
            if not call.done():
                raise OfflineError
            answer = call.result()
        except ConnectionClosed:
            raise OfflineError from None
        finally:
            call.cancel()
        sent.reply, sent.replied_at = [frames.CALLRESULT, message_id, asdict(answer)], time.time()
        return answer

    def _start_follow_ups(self) -> None:
        while self._follow_ups:
            task = asyncio.create_task(self._follow(self._follow_ups.pop(0)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, follow_up: FollowUp) -> None:
        try:
            result = follow_up()
            if inspect.isawaitable(result):
                await result
        except (OfflineError, TimeoutError, OCPPError) as error:
            logger.warning("what the gateway asked for could not be done: %r", error)
