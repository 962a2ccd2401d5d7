"""Questions to core, each with a deadline that holds even if core hangs.

Requests run in their own threads, not on the event loop and not in shared threads: a core that
hangs blocks only these threads, and each only until its deadline.
"""

import asyncio
import logging
import secrets
import threading
import time
import uuid
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import jsonschema_rs
import orjson
from django.conf import settings

from chargepoints import traces
from chargepoints.database import strict_json
from chargepoints.observability import spans
from core_link import metrics, outbound, question_spans
from core_link.breaker import CircuitBreaker
from core_link.outbound import Answer, Exchange, NoAnswer
from core_link.question_queue import NoConnection, QuestionQueue

logger = logging.getLogger(__name__)

CONNECTIONS = 32
# The part of a decision's time that is reserved for the database and the reply.
RESERVE_S = 0.25
# With less than that left, core is not asked at all.
LEAST_S = 0.05
LONGEST_REASON = 300
# The reason why core does not answer is logged once in this time, not for each charger.
LOG_EVERY_S = 10.0

Body = dict[str, Any]


class CoreUnreachable(Exception):
    """Core gave no usable answer in time; `status` is the HTTP status, if there was one.

    `ours`: core was not asked, for lack of time or connections; this is not core's fault.
    """

    def __init__(self, reason: str, status: int | None = None, *, ours: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.ours = ours

    @property
    def not_offered(self) -> bool:
        """Core does not have this endpoint: 404, 405 or 501."""
        return self.status in {404, 405, 501}

    @property
    def refused(self) -> bool:
        """Core works, but rejects this question: 4xx."""
        return self.status is not None and self.status // 100 == 4 and self.status != 429


class CoreClient:
    """Asks one core, from one event loop."""

    def __init__(self, url: str, token: str, timeout_s: float) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._deadline_s = timeout_s - min(RESERVE_S, timeout_s / 4)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="core")
        self._queue = QuestionQueue(CONNECTIONS)
        self._asking: dict[Hashable, asyncio.Task[Body]] = {}
        self._logged_at: dict[str, float] = {}
        self.breaker = CircuitBreaker()

    @property
    def under_way(self) -> int:
        return self._queue.taken

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask_once(
        self,
        path: str,
        question: Body,
        schema: jsonschema_rs.Validator,
        *,
        same_as: Hashable,
        waited_s: float = 0.0,
        trace_id: str = "",
    ) -> Body:
        """As `ask`, but questions with the same `same_as` at the same time share one answer."""
        task = self._asking.get(same_as)
        if task is None:
            ends = self._admit(path, waited_s)
            task = asyncio.create_task(self._ask(path, question, schema, ends, trace_id))
            self._asking[same_as] = task
            task.add_done_callback(lambda done: self._asked(same_as, done))
        return await asyncio.shield(task)

    def _asked(self, same_as: Hashable, task: asyncio.Task[Body]) -> None:
        del self._asking[same_as]
        if not task.cancelled():
            task.exception()  # retrieved here, as all waiters may have left

    async def ask(
        self,
        path: str,
        question: Body,
        schema: jsonschema_rs.Validator,
        *,
        waited_s: float = 0.0,
        trace_id: str = "",
    ) -> Body:
        """POST `question` to `path`; the answer fits `schema`. Raises CoreUnreachable.

        `waited_s`: how long the charger has waited. `trace_id`: for `traceparent`; if empty, that
        of the message that is being handled.
        """
        if not trace_id and (work := traces.current()):
            trace_id = work.trace_id
        return await self._ask(path, question, schema, self._admit(path, waited_s), trace_id)

    def _admit(self, path: str, waited_s: float) -> float:
        """Return the deadline by the loop's clock. Raises CoreUnreachable if core is not asked. No
        task is used, because thousands of questions may be refused at once.
        """
        ends = asyncio.get_running_loop().time() + self._deadline_s - waited_s
        try:
            self._queue.check(ends)
        except NoConnection as error:
            metrics.CORE_SECONDS.labels(path, "no").observe(0)
            unreachable = CoreUnreachable(str(error), ours=True)
            self._log_failure(path, unreachable)
            raise unreachable from None
        if not self.breaker.admits():
            raise CoreUnreachable("core has not answered recently")
        return ends

    async def _ask(
        self, path: str, question: Body, schema: jsonschema_rs.Validator, ends: float, trace_id: str
    ) -> Body:
        """Ask, after the breaker has admitted it, and report the outcome to the breaker."""
        begun = time.monotonic()
        try:
            body = _read(await self._exchange(path, question, ends, trace_id), schema)
        except CoreUnreachable as error:
            metrics.CORE_SECONDS.labels(path, "no").observe(time.monotonic() - begun)
            self._log_failure(path, error)
            if error.refused:
                self.breaker.succeeded()
            elif error.ours:
                self.breaker.gave_up()
            else:
                self.breaker.failed()
            raise
        except BaseException:
            self.breaker.gave_up()
            raise
        metrics.CORE_SECONDS.labels(path, "yes").observe(time.monotonic() - begun)
        self.breaker.succeeded()
        return body

    def _log_failure(self, path: str, error: CoreUnreachable) -> None:
        now = time.monotonic()
        if now - self._logged_at.get(path, -LOG_EVERY_S) < LOG_EVERY_S:
            return
        self._logged_at[path] = now
        # All endpoints but /authorize are optional.
        level = logging.INFO if error.not_offered else logging.WARNING
        logger.log(level, "no answer of core to %s: %s", path, error.reason)

    async def _exchange(self, path: str, question: Body, ends: float, trace_id: str) -> Answer:
        loop = asyncio.get_running_loop()
        if ends - loop.time() < LEAST_S:
            raise CoreUnreachable("the charger has waited too long", ours=True)
        try:
            await self._queue.take(ends)
        except NoConnection as error:
            raise CoreUnreachable(str(error), ours=not error.hangs) from None
        remaining = ends - loop.time()
        if remaining < LEAST_S:
            self._queue.give_back(answered=False, after_s=None)
            raise CoreUnreachable("a connection to core became free too late", ours=True)
        exchange, taken_at = Exchange(), loop.time()
        request = loop.run_in_executor(
            self._threads, self._post, path, question, remaining, exchange, trace_id
        )
        request.add_done_callback(partial(self._release, taken_at=taken_at))
        try:
            async with asyncio.timeout_at(ends):
                return await asyncio.shield(request)
        except TimeoutError:
            # With very little time left, a timeout does not show that core is down.
            too_short = remaining < self._deadline_s / 2
            raise CoreUnreachable(f"no answer within {remaining:.2g} s", ours=too_short) from None
        except NoAnswer as error:
            raise CoreUnreachable(str(error)) from None
        finally:
            exchange.cut()

    def _post(
        self, path: str, question: Body, remaining_s: float, exchange: Exchange, trace_id: str
    ) -> Answer:
        """Runs in a thread of the pool."""
        return _post(self._url + path, self._token, question, remaining_s, exchange, trace_id)

    def _release(self, request: asyncio.Future[Answer], taken_at: float) -> None:
        # Always retrieve the exception: there may be no waiter left to do it.
        answered = not request.cancelled() and request.exception() is None
        after_s = request.get_loop().time() - taken_at
        self._queue.give_back(answered=answered, after_s=after_s)


def ask_now(path: str, question: Body, schema: jsonschema_rs.Validator) -> Body:
    """As `CoreClient.ask`, but blocking, for other threads. Raises CoreUnreachable."""
    exchange = Exchange()
    alarm = threading.Timer(settings.CORE_TIMEOUT_S, exchange.cut)
    alarm.start()
    try:
        url = settings.CORE_URL.rstrip("/") + path
        answer = _post(url, settings.CORE_TOKEN, question, settings.CORE_TIMEOUT_S, exchange)
    except NoAnswer as error:
        raise CoreUnreachable(str(error)) from None
    finally:
        alarm.cancel()
    return _read(answer, schema)


def new_trace_id() -> str:
    """A trace id of W3C Trace Context: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def _post(
    url: str, token: str, question: Body, remaining_s: float, exchange: Exchange, trace_id: str = ""
) -> Answer:
    request_id, span_id = str(uuid.uuid4()), spans.new_id()
    deadline_ms = int(remaining_s * 1000)
    body = orjson.dumps({"request_id": request_id, "deadline_ms": deadline_ms, **question})
    headers = {
        "X-Request-Id": request_id,
        "traceparent": f"00-{trace_id or new_trace_id()}-{span_id}-01",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    # The timeout of each step is longer than the deadline, so that the deadline ends the request.
    with question_spans.recorded(url, trace_id, span_id):
        return outbound.post(url, body, headers, exchange=exchange, timeout_s=remaining_s + 1)


def _read(answer: Answer, schema: jsonschema_rs.Validator) -> Body:
    if not answer.ok:
        raise CoreUnreachable(f"HTTP {answer.status}", answer.status)
    try:
        body: Body = strict_json.loads(answer.body)
    except ValueError as unread:
        raise CoreUnreachable(f"the answer {unread}", answer.status) from None
    for error in schema.iter_errors(body):
        where = "/".join(map(str, error.instance_path))
        reason = f"the answer is wrong at '{where}': {error.message}"
        raise CoreUnreachable(reason[:LONGEST_REASON], answer.status)
    return body


@cache
def shared() -> CoreClient | None:
    """The client of this process; None if no core is configured."""
    if not settings.CORE_URL:
        return None
    return CoreClient(settings.CORE_URL, settings.CORE_TOKEN, settings.CORE_TIMEOUT_S)
