"""Group commit: writes the work of all sockets, many units in one transaction.

A thread takes all queued units, runs them in one transaction, and only then releases the
replies (P1: durable before acknowledged). Units of one charge point always run in the same
thread, so they never wait for each other's locks. Units of different charge points take turns
where they query the database.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)

from chargepoints.database import statements, storage
from chargepoints.database.checkpoints import Checkpoints
from chargepoints.database.lock_priority import transaction_of_chargers
from chargepoints.database.outages import STORE_UNAVAILABLE, is_full, is_statement_error
from chargepoints.database.unit_of_work import ConcurrentChange, UnitOfWork, run_units
from chargepoints.observability import metrics

logger = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[UnitOfWork], T]

MAX_BATCH = 200
RELEASED_AT_ONCE = 20
# P2: after a deadlock or a lock timeout a unit is retried for up to 2 s.
RETRY_FOR_S = 2.0
PROBE_EVERY_S = 0.5
# P2: a database that has not answered for this long counts as down.
STALLED_AFTER_S = 10.0
WATCH_EVERY_S = 0.5


class StoreUnavailable(Exception):
    """The database did not accept the unit; nothing of it was written."""


@dataclass(slots=True)
class Job:
    """`key`: units with the same key run one after the other, in the order of their arrival."""

    work: Work[Any]
    key: object
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs units of work for one event loop. `start` and `stop` belong to the loop's thread."""

    def __init__(self, threads: int = 1) -> None:
        self._writers = [_WriterThread(f"writer-{number}") for number in range(threads)]
        self._reader = _ReadOnlyThread("reader")
        self._threads = [*self._writers, self._reader]
        # For SQLite only, which has one writer.
        self._checkpoints = Checkpoints() if statements.vendor() == "sqlite" else None
        self._writers[0].checkpoints = self._checkpoints

    def start(self) -> None:
        for thread in self._threads:
            thread.loop = asyncio.get_running_loop()
            thread.start()
        if self._checkpoints is not None:
            self._checkpoints.start()

    async def stop(self) -> None:
        """Finish what is queued, then end the threads."""
        for thread in self._threads:
            thread.jobs.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        if self._checkpoints is not None:
            self._checkpoints.stop()
            await asyncio.to_thread(self._checkpoints.join)

    @property
    def healthy(self) -> bool:
        """Whether the database accepts writes, as far as known."""
        return all(thread.healthy and not thread.stalled for thread in self._threads)

    def watch(self) -> None:
        """Check whether the database hangs; called each WATCH_EVERY_S on the event loop."""
        for thread in self._threads:
            thread.watch()

    def run(self, key: int, work: Work[T]) -> asyncio.Future[T]:
        """Run `work` in a transaction; when the future is done, its changes are durable.

        A future and not a coroutine, which would cost time for every message. `key`, the charge
        point's id or OF_MANY, chooses the thread. `work` may run more than once before it succeeds,
        so it may change nothing but the database.
        Raises StoreUnavailable, or what `work` raised.
        """
        return self._writers[key % len(self._writers)].take(work, key)

    def look_up(self, work: Work[T]) -> asyncio.Future[T]:
        """Run `work`, which only reads, in a separate thread: writes never wait for it."""
        return self._reader.take(work, object())


class _WriterThread(threading.Thread):
    loop: asyncio.AbstractEventLoop
    checkpoints: Checkpoints | None = None

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._units, self._backlog, self._seconds = metrics.batch_sums()
        self.healthy = True
        # The database hangs: no client-side timeout ends a statement that it has begun.
        self.stalled = False
        self._busy = False
        self._found_down_at = -PROBE_EVERY_S
        # The last error was a full disk.
        self._full = False
        self._steps = 0
        self._seen_steps = 0
        self._without_a_step_s = 0.0

    def take(self, work: Work[T], key: object) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self.loop.create_future()
        self.jobs.put(Job(work, key, future))
        return future

    def watch(self) -> None:
        """Counts the calls, not the time between them: if the machine is overloaded, the calls are
        late as well, and the database is not at fault.
        """
        if not self._busy or self._steps != self._seen_steps:
            self._seen_steps, self._without_a_step_s = self._steps, 0.0
        else:
            self._without_a_step_s += WATCH_EVERY_S
        self.stalled = self._without_a_step_s > STALLED_AFTER_S

    def run(self) -> None:
        statements.remember_connection()
        try:
            while (batch := self._next_batch()) is not None:
                self._busy = True
                if batch:
                    self._units.observe(len(batch))
                    self._backlog.observe(self.jobs.qsize())
                    begun = time.monotonic()
                    self._commit(batch)
                    self._seconds.observe(time.monotonic() - begun)
                    self.loop.call_soon_threadsafe(self._hand_over, batch)
                    if self.checkpoints is not None:
                        self.checkpoints.written(len(batch))
                else:
                    self.healthy = self._probe()
                self._busy = False
                self._steps += 1
        finally:
            connection.close()

    def _next_batch(self) -> list[Job] | None:
        """All queued units, at least one; an empty list when it is time to probe the database."""
        try:
            job = self.jobs.get(timeout=None if self.healthy else PROBE_EVERY_S)
        except queue.Empty:
            return []
        if job is None:
            return None
        batch = [job]
        while len(batch) < MAX_BATCH:
            try:
                job = self.jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self.jobs.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, batch: list[Job]) -> None:
        if not self.healthy or storage.room() == storage.Room.NONE:
            # While the database is unavailable a probe takes seconds, and thousands may wait.
            down = time.monotonic() - self._found_down_at < PROBE_EVERY_S
            self.healthy = not down and self._probe()
        if self.healthy:
            try:
                self._transaction(batch, alone=False)
                return
            except STORE_UNAVAILABLE as error:
                self._full = self._full or is_full(error)
                self.healthy = self._recovers()
                if not self.healthy:
                    logger.error("the database does not answer: %s", error)
            except Exception as error:  # noqa: BLE001
                logger.debug("a batch is run again one by one: %s", error)
        self._commit_one_by_one(batch)

    def _commit_one_by_one(self, batch: list[Job]) -> None:
        """One bad unit must affect only its sender."""
        for job in batch:
            if self.healthy:
                self._commit_alone(job)
            else:
                job.error = StoreUnavailable("the database does not answer")

    def _commit_alone(self, job: Job) -> None:
        deadline = time.monotonic() + RETRY_FOR_S
        pause = 0.01
        overtaken = repeated = False
        while True:
            try:
                self._transaction([job], alone=True)
                return
            except ConcurrentChange as error:
                # Another transaction changed the row after this one had read it.
                if time.monotonic() > deadline:
                    job.error = error
                    return
            except IntegrityError as error:
                # Another process has just written the same row; the second attempt will find it.
                if overtaken:
                    job.error = error
                    return
                overtaken = True
            except (OperationalError, InterfaceError) as error:
                self._full = self._full or is_full(error)
                self.healthy = self._probe()
                if self.healthy and repeated and is_statement_error(error):
                    # The database accepts other writes: no outage, so waiting would not help.
                    job.error = error
                    return
                repeated = True
                if not self.healthy or time.monotonic() + pause > deadline:
                    logger.error("the database rejected a unit of work: %s", error)
                    job.error = StoreUnavailable(str(error))
                    return
                time.sleep(pause)
                pause *= 2
            except Exception as error:  # noqa: BLE001  (passed to the caller)
                job.error = error
                return

    def _recovers(self) -> bool:
        """Whether the database accepts a write, at once or within the time for retries."""
        deadline = time.monotonic() + RETRY_FOR_S
        while not self._probe():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def _transaction(self, batch: list[Job], *, alone: bool) -> None:
        unit = UnitOfWork(alone=alone)
        with transaction_of_chargers():
            self._run_all(batch, unit)
            unit.flush()
        unit.committed()

    def _run_all(self, batch: list[Job], unit: UnitOfWork) -> None:
        run_units(
            [(job.key, partial(self._run_one, job, unit)) for job in batch], progress=self._step
        )

    def _run_one(self, job: Job, unit: UnitOfWork) -> None:
        job.result = job.work(unit)
        self._step()

    def _step(self) -> None:
        self._steps += 1

    def _probe(self) -> bool:
        """Whether the database accepts a write; after a full disk, a large write."""
        answers = self._accepts_a_write()
        if not answers:
            self._found_down_at = time.monotonic()
        return answers

    def _accepts_a_write(self) -> bool:
        try:
            _reconnect_if_broken()
            if storage.check_room() == storage.Room.NONE:
                return False
            with transaction_of_chargers(), connection.cursor() as cursor:
                cursor.execute("UPDATE chargepoints_eventfeed SET last_position = last_position")
                if self._full and not storage.takes_a_trial():
                    return False
            self._full = False
        except Error:  # a read-only standby raises InternalError
            connection.close()
            return False
        return True

    def _hand_over(self, batch: list[Job]) -> None:
        """Runs on the event loop."""
        _release(batch)


class _ReadOnlyThread(_WriterThread):
    """Runs read-only units, which see only what has been committed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._found: deque[Job] = deque()

    def _hand_over(self, batch: list[Job]) -> None:
        """P5: releases a few results at a time, because handling them may take as long as the
        query, thousands may wait, and the sockets need their turn in between.
        """
        idle = not self._found
        self._found.extend(batch)
        if idle:
            self._release_some()

    def _release_some(self) -> None:
        _release([self._found.popleft() for _ in range(min(RELEASED_AT_ONCE, len(self._found)))])
        if self._found:
            self.loop.call_soon(self._release_some)

    def _transaction(self, batch: list[Job], *, alone: bool) -> None:
        self._run_all(batch, UnitOfWork(alone=alone))


def _reconnect_if_broken() -> None:
    if connection.connection is not None and not connection.is_usable():
        connection.close()


def _release(batch: list[Job]) -> None:
    for job in batch:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
