"""HTTP requests share a fixed number of threads, and waiting takes none of them."""

import asyncio
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from connect_site.http_threads import LONGEST_QUEUE, SHORT_INTERVAL_S, BoundedThreads


class Requests:
    """Makes requests of an application, and remembers the threads that it worked in."""

    def __init__(self, threads: int) -> None:
        self.names: set[str] = set()
        self.turns_s: set[float] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.waiting = asyncio.Event()
        self.begun = threading.Event()
        self.application = BoundedThreads(self._serve, threads)

    async def _serve(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == "/wait":
            await sync_to_async(self._work)(None)
            await self.waiting.wait()
        await sync_to_async(self._work)(scope.get("until"))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def _work(self, until: threading.Event | None) -> None:
        self.names.add(threading.current_thread().name)
        self.turns_s.add(sys.getswitchinterval())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if until is None:
            time.sleep(0.01)
        else:
            self.begun.set()
            until.wait()
        self.at_once -= 1

    async def get(self, path: str = "/", **scope: Any) -> int:
        sent: list[Mapping[str, Any]] = []

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        await self.application({"type": "http", "path": path, **scope}, receive, send)
        return int(sent[0]["status"])


async def test_many_requests_take_no_more_threads_than_allowed() -> None:
    requests = Requests(threads=3)
    assert set(await asyncio.gather(*(requests.get() for _ in range(30)))) == {200}
    assert len(requests.names) == 3
    assert requests.most_at_once <= 3


async def test_pages_of_the_admin_have_a_part_of_the_threads() -> None:
    requests, ordinary_s = Requests(threads=8), sys.getswitchinterval()
    await asyncio.gather(*(requests.get("/admin/") for _ in range(30)))
    assert len(requests.names) == 2
    assert requests.most_at_once <= 2
    # Meanwhile, and no longer, chargers get the interpreter sooner.
    assert max(requests.turns_s) == pytest.approx(SHORT_INTERVAL_S)
    assert sys.getswitchinterval() == ordinary_s
    await asyncio.gather(*(requests.get("/api/") for _ in range(30)))
    assert len(requests.names) == 8


async def test_a_request_that_waits_holds_up_no_other() -> None:
    requests = Requests(threads=2)
    waiting = [asyncio.create_task(requests.get("/wait")) for _ in range(50)]
    assert await requests.get() == 200
    assert not any(each.done() for each in waiting)
    requests.waiting.set()
    assert set(await asyncio.gather(*waiting)) == {200}


async def test_a_slow_request_leaves_the_other_threads_to_others() -> None:
    requests, until = Requests(threads=2), threading.Event()
    slow = asyncio.create_task(requests.get(until=until))
    assert await asyncio.to_thread(requests.begun.wait, 10)
    try:
        for _ in range(5):
            assert await requests.get() == 200
        assert not slow.done()
    finally:
        until.set()
    assert await slow == 200


async def test_what_cannot_be_served_soon_is_turned_away() -> None:
    requests = Requests(threads=1)
    crowd = LONGEST_QUEUE + 20
    statuses = await asyncio.gather(*(requests.get() for _ in range(crowd)))
    assert statuses.count(503) >= 1
    assert statuses.count(200) >= LONGEST_QUEUE
    assert await requests.get() == 200


@pytest.mark.parametrize("path", ["/", "/wait"])
async def test_each_request_keeps_to_one_thread(path: str) -> None:
    requests = Requests(threads=4)
    requests.waiting.set()
    await requests.get(path)
    assert len(requests.names) == 1
