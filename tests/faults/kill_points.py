"""An application for a server under test: the process is killed at a named point of its work.

`KILL_AT` is the point and how many times it is passed: `before commit:40`. Killed as a power
cut does it: nothing is flushed, closed or said.
"""

import os
import signal
from collections.abc import Callable
from functools import wraps
from itertools import count
from typing import Any

from django.apps import AppConfig

POINTS = ("before commit", "after commit", "after send")


class KillPoints(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        point, _, passes = os.environ.get("KILL_AT", "").partition(":")
        if point:
            _set_trap(point, int(passes))


def _set_trap(point: str, passes: int) -> None:
    from chargepoints.gateway.session import Session
    from chargepoints.unit_of_work import UnitOfWork

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
        _after_awaiting(Session, "send", spring)
    else:
        raise ValueError(f"there is no point {point!r}")


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
