"""The event worker: one thread that uses the database, and many that post.

Any number of processes may run it; the holder of an endpoint's row lock chooses its next
deliveries.
"""

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.db import connection

from chargepoints.database import shared_clock
from chargepoints.database.outages import STORE_UNAVAILABLE
from chargepoints.database.prepared import PreparedQuery
from chargepoints.observability import spans
from chargepoints.services.history.event_feed import assign_positions
from core_link.delivery import claims, event_spans, housekeeping, posting, recording
from core_link.delivery.claims import POST_TIMEOUT_S, Claim
from core_link.delivery.outcomes import Outcome, Verdict
from core_link.models import Endpoint
from core_link.outbound import Exchange

logger = logging.getLogger(__name__)

# Events of this time are sent together: a step costs about the same for any number.
STEP_EVERY_S = 0.2
# Concurrent requests to each endpoint, and in total.
PARALLEL = 8
THREADS = 64
POSITIONS = 5000
DRAIN_S = 5.0
AFTER_ERROR_S = 1.0

# Queried repeatedly while idle.
_ENABLED: PreparedQuery[Endpoint] = PreparedQuery(lambda: Endpoint.objects.filter(enabled=True))


@dataclass(frozen=True, slots=True)
class _UnderWay:
    claim: Claim
    exchange: Exchange
    ends: float


class Worker:
    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="post")
        self._under_way: dict[Future[Outcome], _UnderWay] = {}
        self._results: list[tuple[Claim, Outcome]] = []
        self._tidied_at = 0.0

    def stop(self) -> None:
        """May be called from any thread, or a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Deliver until `stop`."""
        while not self._stopping.is_set():
            next_step_at = time.monotonic() + STEP_EVERY_S
            try:
                busy = self._step()
                self._tidy()
            except STORE_UNAVAILABLE as error:
                logger.warning("waiting for the database: %s", error)
                self._recover()
            except Exception:
                logger.exception("a round of deliveries failed")
                self._recover()
            else:
                if not busy:
                    self._rest()
            left_s = max(0.0, next_step_at - time.monotonic())
            if len(self._under_way) < PARALLEL:
                self._stopping.wait(left_s)
            else:  # an answer may allow sending more
                wait(self._under_way, timeout=left_s, return_when=FIRST_COMPLETED)
        self._drain()

    def run_once(self) -> None:
        """Deliver all that can be delivered now, and return."""
        while self._step() or self._under_way:
            self._rest()
        self._drain()

    def _step(self) -> bool:
        """Record outcomes and send the next deliveries; return whether there was anything to do."""
        shared_clock.synchronize()
        self._collect()
        if self._results:
            self._record()
        placed = assign_positions(POSITIONS)
        sent = 0
        for endpoint in _ENABLED.all():
            room = min(PARALLEL - self._busy_with(endpoint), THREADS - len(self._under_way))
            if room > 0 and claims.has_work(endpoint):
                sent += self._send(claims.take(endpoint.pk, room))
        return bool(placed or sent)

    def _send(self, taken: list[Claim]) -> int:
        for claim in taken:
            exchange = posting.exchange_with(claim.endpoint)
            future = self._threads.submit(posting.send, claim, exchange)
            ends = time.monotonic() + POST_TIMEOUT_S
            self._under_way[future] = _UnderWay(claim, exchange, ends)
        return len(taken)

    def _collect(self) -> None:
        now = time.monotonic()
        for future, under_way in list(self._under_way.items()):
            if future.done():
                del self._under_way[future]
                self._results.append((under_way.claim, _outcome(future)))
            elif now > under_way.ends:
                under_way.exchange.cut()

    def _record(self) -> None:
        recording.record(self._results)
        if (export := spans.exporter()) is not None:
            event_spans.of_events(export, self._results)
        self._results.clear()

    def _busy_with(self, endpoint: Endpoint) -> int:
        return sum(each.claim.endpoint.pk == endpoint.pk for each in self._under_way.values())

    def _rest(self) -> None:
        """Wait for an answer, or until it is time to check for new events."""
        if self._under_way:
            wait(self._under_way, timeout=STEP_EVERY_S, return_when=FIRST_COMPLETED)
        else:
            self._stopping.wait(STEP_EVERY_S)

    def _recover(self) -> None:
        """Reconnect; unrecorded outcomes stay in `_results`."""
        connection.close()
        self._stopping.wait(AFTER_ERROR_S)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied_at > housekeeping.EVERY_S:
            self._tidied_at = time.monotonic()
            housekeeping.tidy()

    def _drain(self) -> None:
        """Wait a little for answers; then release the remaining deliveries for other processes."""
        wait(self._under_way, timeout=DRAIN_S)
        self._collect()
        for under_way in self._under_way.values():
            under_way.exchange.cut()
            self._results.append((under_way.claim, Outcome(Verdict.INTERRUPTED)))
        self._under_way.clear()
        self._record()
        self._threads.shutdown(wait=False)


def _outcome(future: Future[Outcome]) -> Outcome:
    """An exception in our code counts as a rejection of the content, so that it shows up, and
    delays only its own lane.
    """
    error = future.exception()
    if error is None:
        return future.result()
    logger.error("a delivery could not be sent", exc_info=error)
    return Outcome(Verdict.REFUSED, error=repr(error)[:300], reached=False)
