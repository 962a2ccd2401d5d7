"""Limits the threads, and with them the database connections, for HTTP requests.

Django would give every request a new thread. Here a fixed number of threads, each with one
database connection, share the requests: slow pages cannot take the connections that the
chargers' writers need. An asynchronous view that only waits does not block a thread.

Pages of the admin may use only some of the threads: rendering them takes CPU time from the
chargers.
"""

import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from connect_site.server.interface import Application, Receive, Scope, Send

# How many calls may wait for one thread before further requests are refused.
LONGEST_QUEUE = 32
PAGES = "/admin/"
# One thread in this many may also serve pages.
THREADS_A_PAGE = 4
# The interpreter's switch interval while a page is rendered. A charger's message changes threads a
# few times, and would wait five milliseconds each time. Without pages the short interval would cost
# more than it saves.
SHORT_INTERVAL_S = 0.0005


class SwitchInterval:
    """Shortens the interpreter's switch interval while a thread renders a page."""

    def __init__(self) -> None:
        self._calls = 0
        self._ordinary_s = sys.getswitchinterval()
        self._counting = threading.Lock()

    def shorten(self) -> None:
        with self._counting:
            self._calls += 1
            if self._calls == 1:
                sys.setswitchinterval(SHORT_INTERVAL_S)

    def restore(self) -> None:
        with self._counting:
            self._calls -= 1
            if self._calls == 0:
                sys.setswitchinterval(self._ordinary_s)


class RequestThread(ThreadPoolExecutor):
    """One thread that counts its waiting calls; with `interval` if it serves pages."""

    def __init__(self, number: int, interval: SwitchInterval | None) -> None:
        super().__init__(max_workers=1, thread_name_prefix=f"http-{number}")
        self.interval = interval
        self.requests = 0
        self.calls = 0
        self._counting = threading.Lock()

    def submit(self, *args: Any, **kwargs: Any) -> "Future[Any]":
        with self._counting:
            self.calls += 1
        if self.interval is not None:
            self.interval.shorten()
        future = super().submit(*args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: "Future[Any]") -> None:
        if self.interval is not None:
            self.interval.restore()
        with self._counting:
            self.calls -= 1


class BoundedThreads:
    """An ASGI application that runs `application` in `threads` threads."""

    def __init__(self, application: Application, threads: int) -> None:
        self.application = application
        interval, for_pages = SwitchInterval(), max(threads // THREADS_A_PAGE, 1)
        self.threads = [
            RequestThread(number, interval if number < for_pages else None)
            for number in range(threads)
        ]
        self.for_pages = self.threads[:for_pages]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        threads = self.for_pages if scope["path"].startswith(PAGES) else self.threads
        thread = min(reversed(threads), key=lambda thread: (thread.calls, thread.requests))
        if thread.calls > LONGEST_QUEUE:
            await refuse(send)
            return
        thread.requests += 1
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.application(scope, receive, send)
        finally:
            thread.requests -= 1


async def refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"Too many requests are waiting."})
