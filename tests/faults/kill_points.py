"""An application for a server under test, which fails as it is told to.

`KILL_AT` is a point and how many times it is passed: `before commit:40`. There the process is
killed as a power cut does it: nothing is flushed, closed or said. While there is a file at
`STORE_DOWN`, the database takes nothing. The file at `STORAGE_LEFT` holds how much of a disk of
1 GB is left, in bytes.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import OperationalError

POINTS = ("before commit", "after commit", "after send")


class KillPoints(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        point, _, passes = os.environ.get("KILL_AT", "").partition(":")
        if point:
            _set_trap(point, int(passes))
        if path := os.environ.get("STORE_DOWN"):
            _put_store_under(Path(path))
        if path := os.environ.get("STORAGE_LEFT"):
            _put_disk_under(Path(path))


def _put_store_under(switch: Path) -> None:
    from chargepoints.database.unit_of_work import UnitOfWork
    from chargepoints.gateway.writer import _WriterThread

    def fail() -> None:
        if switch.exists():
            raise OperationalError("the store is down, as the test asked")

    _after(UnitOfWork, "flush", fail)
    probe = _WriterThread._probe

    def probe_unless_down(shard: _WriterThread) -> bool:
        return not switch.exists() and probe(shard)

    setattr(_WriterThread, "_probe", probe_unless_down)  # noqa: B010


def _put_disk_under(left: Path) -> None:
    from chargepoints.database import storage

    setattr(storage, "_size_and_left", lambda _: (10**9, int(left.read_text())))  # noqa: B010


def _set_trap(point: str, passes: int) -> None:
    from chargepoints.database.unit_of_work import UnitOfWork
    from chargepoints.gateway.charger_socket import ChargerSocket

    passed = count(1)

    def spring() -> None:
        if next(passed) == passes:
            os.kill(os.getpid(), signal.SIGKILL)

    if point == "before commit":
        # All is written, and the transaction open.
        _after(UnitOfWork, "flush", spring)
    elif point == "after commit":
        # It is durable, and no reply has been released.
        _before(UnitOfWork, "committed", spring)
    elif point == "after send":
        _after_awaiting(ChargerSocket, "send", _soon(spring))
    else:
        raise ValueError(f"there is no point {point!r}")


def _soon(spring: Callable[[], None]) -> Callable[[], None]:
    """Once the bytes have left the process: the reactor writes in its next round."""

    def two_rounds_later() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, spring)

    return two_rounds_later


def _after(owner: type, name: str, spring: Callable[[], None]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def trapped(*args: Any, **more: Any) -> Any:
        result = original(*args, **more)
        spring()
        return result

    setattr(owner, name, trapped)


def _before(owner: type, name: str, spring: Callable[[], None]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def trapped(*args: Any, **more: Any) -> Any:
        spring()
        return original(*args, **more)

    setattr(owner, name, trapped)


def _after_awaiting(owner: type, name: str, spring: Callable[[], None]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    async def trapped(*args: Any, **more: Any) -> Any:
        result = await original(*args, **more)
        spring()
        return result

    setattr(owner, name, trapped)
