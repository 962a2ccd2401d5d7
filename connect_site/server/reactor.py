"""Twisted's reactor on the fastest event loop there is.

`install_reactor` has to run before anything imports `twisted.internet.reactor`, daphne included.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from twisted.internet import asyncioreactor


def install_reactor(*, threads: int) -> asyncio.AbstractEventLoop:
    """`threads`: the size of the loop's default executor."""
    loop = new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="loop"))
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
    return loop


def new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
