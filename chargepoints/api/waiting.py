"""Waits for a command without holding a thread or a database connection.

The view itself runs in a thread, as all views do; its response says what it still waits for. A
coroutine waits: the process that finishes the command wakes it, or, if that hint is lost, one query
every quarter of a second for all waiting clients.
"""

import asyncio
import logging
import uuid
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from rest_framework.response import Response

from chargepoints import nudges
from chargepoints.api.command_bodies import CommandSerializer
from chargepoints.database.outages import STORE_UNAVAILABLE
from chargepoints.models import Command

logger = logging.getLogger(__name__)

POLL_EVERY_S = 0.25
# Most answers come early.
SOON_S = 2.0
POLL_SOON_EVERY_S = 0.04


@dataclass(frozen=True, slots=True)
class Wait:
    """What a client waits for: `none`, `ack` or `effect`."""

    command_id: uuid.UUID
    kind: str
    timeout_s: float

    def is_over(self, command: Command) -> bool:
        answered = self.kind == "ack" and command.answered_at is not None
        return answered or command.finished_at is not None


class CommandResponse(Response):
    """A command as it is: 200 if the awaited state has come, else 202."""

    def __init__(self, command: Command, wait: Wait) -> None:
        super().__init__()
        self.wait = wait
        self._show(command)

    @property
    def still_waits(self) -> bool:
        return self.status_code == 202 and self.wait.kind != "none"

    def refresh(self) -> None:
        command = Command.objects.select_related("charge_point").filter(pk=self.wait.command_id)
        if found := command.first():
            self._show(found)

    def _show(self, command: Command) -> None:
        self.data = CommandSerializer(command).data
        self.status_code = 200 if self.wait.is_over(command) else 202


def waits(view: Callable[..., HttpResponseBase]) -> Any:
    """Make an asynchronous view of one whose answer may be a CommandResponse."""

    def submit(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response = view(request, **kwargs)
        _release_connection()
        return response

    @wraps(view)
    async def asynchronous(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response = await sync_to_async(submit)(request, **kwargs)
        if isinstance(response, CommandResponse):
            await _until_over(response)
        return response

    return asynchronous


async def _until_over(response: CommandResponse) -> None:
    """Wait for each change of the command: its answer, its parts, and its end."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + response.wait.timeout_s
    async with nudges.Waiter(response.wait.command_id) as waiter:
        with _poll().watching(response.wait):
            while response.still_waits and loop.time() < deadline:
                await waiter.wait(deadline - loop.time())
                try:
                    await sync_to_async(response.refresh)()
                except STORE_UNAVAILABLE as error:
                    logger.warning("cannot read the state of a command: %s", error)


class _Poll:
    """Asks for all commands that are waited for on one event loop, as long as there are any."""

    def __init__(self) -> None:
        self._waits: Counter[tuple[str, uuid.UUID]] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._soon_ends = 0.0

    @contextmanager
    def watching(self, wait: Wait) -> Iterator[None]:
        key = (wait.kind, wait.command_id)
        self._waits[key] += 1
        self._soon_ends = asyncio.get_running_loop().time() + SOON_S
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._waits[key] -= 1
            self._waits += Counter()  # drops what nobody waits for

    async def _run(self) -> None:
        while self._waits:
            try:
                over = await sync_to_async(_over, thread_sensitive=False)(list(self._waits))
            except STORE_UNAVAILABLE as error:
                logger.warning("cannot read the states of commands: %s", error)
                over = []
            for command_id in over:
                nudges.wake(command_id)
            soon = asyncio.get_running_loop().time() < self._soon_ends
            await asyncio.sleep(POLL_SOON_EVERY_S if soon else POLL_EVERY_S)


def _over(waited: list[tuple[str, uuid.UUID]]) -> list[uuid.UUID]:
    effects = [pk for kind, pk in waited if kind == "effect"]
    answers = [pk for kind, pk in waited if kind == "ack"]
    finished = Q(finished_at__isnull=False)
    over = Q(pk__in=effects) & finished | Q(pk__in=answers) & (
        finished | Q(answered_at__isnull=False)
    )
    try:
        return list(Command.objects.filter(over).values_list("pk", flat=True))
    finally:
        _release_connection()


def _release_connection() -> None:
    """Back to the pool now, and not only when the request ends; unless the caller is using it."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


_polls: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Poll] = weakref.WeakKeyDictionary()


def _poll() -> _Poll:
    return _polls.setdefault(asyncio.get_running_loop(), _Poll())
