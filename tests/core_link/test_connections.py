"""Turns at the connections to core."""

import asyncio
import time

import pytest

from core_link.connections import Connections, NoTurn


async def exchange(connections: Connections, lasting_s: float) -> None:
    await connections.take(asyncio.get_running_loop().time() + 10)
    await asyncio.sleep(lasting_s)
    connections.give_back(answered=True, after_s=lasting_s)


async def test_all_are_asked_for_whom_there_is_time() -> None:
    connections = Connections(2)
    await asyncio.gather(*(exchange(connections, 0.001) for _ in range(50)))
    assert connections.taken == 0


async def test_who_cannot_be_asked_in_time_need_not_wait() -> None:
    connections = Connections(1)
    for _ in range(30):  # core takes 100 ms, as has been seen
        await connections.take(asyncio.get_running_loop().time() + 10)
        connections.give_back(answered=True, after_s=0.1)
    loop = asyncio.get_running_loop()
    ends = loop.time() + 0.45
    waiting = [asyncio.create_task(connections.take(ends)) for _ in range(10)]
    begun = time.monotonic()
    done, pending = await asyncio.wait(waiting, timeout=0.1)
    assert time.monotonic() - begun < 0.3
    # One has the connection, and of the others as many wait as will have their turn.
    refused = [task for task in done if isinstance(task.exception(), NoTurn)]
    assert 3 <= len(refused) <= 5
    assert len(pending) == 9 - len(refused)
    for task in pending:
        with pytest.raises(NoTurn):
            await task
