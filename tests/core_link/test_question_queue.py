"""The queue of questions to core."""

import asyncio
import time
from collections.abc import Callable

import pytest

from core_link.question_queue import NoConnection, QuestionQueue


async def exchange(queue: QuestionQueue, lasting_s: float) -> None:
    await queue.take(asyncio.get_running_loop().time() + 10)
    await asyncio.sleep(lasting_s)
    queue.give_back(answered=True, after_s=lasting_s)


async def test_all_are_asked_for_whom_there_is_time() -> None:
    queue = QuestionQueue(2)
    await asyncio.gather(*(exchange(queue, 0.001) for _ in range(50)))
    assert queue.taken == 0


async def test_who_cannot_be_asked_in_time_need_not_wait() -> None:
    queue = QuestionQueue(1)
    for _ in range(30):  # core takes 400 ms, as has been seen
        await queue.take(asyncio.get_running_loop().time() + 10)
        queue.give_back(answered=True, after_s=0.4)
    loop = asyncio.get_running_loop()
    ends = loop.time() + 1.8
    waiting = [asyncio.create_task(queue.take(ends)) for _ in range(10)]
    done, pending = await asyncio.wait(waiting, timeout=0.1)
    # One has the connection, and of the others as many wait as will have their turn.
    refused = [task for task in done if isinstance(task.exception(), NoConnection)]
    assert 3 <= len(refused) <= 5
    assert len(pending) == 9 - len(refused)
    for task in pending:
        with pytest.raises(NoConnection):
            await task


async def test_while_core_is_silent_the_last_ones_need_not_wait_until_it_plainly_hangs() -> None:
    queue = QuestionQueue(2)
    loop = asyncio.get_running_loop()
    ends = loop.time() + 10
    for _ in range(2):
        await queue.take(ends)
    waiting = [asyncio.create_task(queue.take(ends)) for _ in range(500)]
    longest_step = await _longest_step_until(lambda: sum(task.done() for task in waiting) >= 400)
    refused = [task for task in waiting if task.done()]
    assert all(isinstance(task.exception(), NoConnection) for task in refused)
    assert not any(task.exception().hangs for task in refused)  # type: ignore[union-attr]
    # Those who came first may still be asked, and nobody else had to wait for the others.
    assert not waiting[0].done()
    assert longest_step < 2
    queue.give_back(answered=True, after_s=0.3)
    await waiting[0]
    for task in waiting:
        task.cancel()


async def test_who_no_longer_wants_the_connection_that_is_free_passes_it_on() -> None:
    queue = QuestionQueue(1)
    ends = asyncio.get_running_loop().time() + 10
    await queue.take(ends)
    first, second = (asyncio.create_task(queue.take(ends)) for _ in range(2))
    await asyncio.sleep(0)
    queue.give_back(answered=True, after_s=0.01)
    first.cancel()
    await second
    assert queue.taken == 1


async def _longest_step_until(holds: Callable[[], bool]) -> float:
    """How long the event loop was kept from others at most."""
    longest, last = 0.0, time.monotonic()
    while not holds():
        await asyncio.sleep(0.001)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest
