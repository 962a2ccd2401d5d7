"""Bounds the threads, and with them the database connections, that HTTP requests take.

Django gives every request a thread of its own. Here a fixed number of threads, each with
one database connection, share the requests: a hundred slow pages cannot take the connections that
the chargers' writers need. An asynchronous view that merely waits keeps no thread busy.
"""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from connect_site.server.interface import Application, Receive, Scope, Send

# Calls that may wait for one thread before further requests are turned away.
LONGEST_QUEUE = 32


class RequestThread(ThreadPoolExecutor):
    """One thread that knows how much is waiting for it."""

    def __init__(self, number: int) -> None:
        super().__init__(max_workers=1, thread_name_prefix=f"http-{number}")
        self.requests = 0
        self.calls = 0
        self._counting = threading.Lock()

    def submit(self, *args: Any, **kwargs: Any) -> "Future[Any]":
        with self._counting:
            self.calls += 1
        future = super().submit(*args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: "Future[Any]") -> None:
        with self._counting:
            self.calls -= 1


class BoundedThreads:
    """An ASGI application for HTTP: `application`, run in `threads` threads."""

    def __init__(self, application: Application, threads: int) -> None:
        self.application = application
        self.threads = [RequestThread(number) for number in range(threads)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        thread = min(self.threads, key=lambda thread: (thread.calls, thread.requests))
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
