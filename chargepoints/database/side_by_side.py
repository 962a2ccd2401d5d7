"""Runs units of work by turns in one thread, so that their queries share round trips.

A unit that asks a question is suspended, and the next one begins. When all have asked or ended,
all questions are answered at once, and the units go on. The code of a unit does not notice.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from typing import Any

from greenlet import getcurrent, greenlet

Unit = Callable[[], None]
Question = Any
Answer = Any


# What a greenlet says when no group remains.
_ENDED = object()


class _ThisThread(threading.local):
    """`idle`: greenlets for further groups, as it takes 10 us to create one."""

    def __init__(self) -> None:
        self.idle: list[greenlet] = []


_this_thread = _ThisThread()


def run(
    groups: Iterable[Sequence[Unit]], answer_all: Callable[[list[Question]], Sequence[Answer]]
) -> None:
    """Run the units of each group one after the other, and the groups by turns.

    `answer_all` returns the answers in the order of the questions. If it or a unit raises, all
    suspended units end, and the exception is raised here.
    """
    suspended: deque[tuple[greenlet, Question]] = deque()
    try:
        remaining = iter(groups)
        while _go_on(_idle(), remaining, suspended):
            pass
        while suspended:
            answers = answer_all([question for _, question in suspended])
            for answer in answers:
                _go_on(suspended.popleft()[0], answer, suspended)
    finally:
        for each, _ in suspended:
            each.throw()


def is_running() -> bool:
    """Whether the caller is part of a unit, which may `ask`."""
    return getcurrent().parent is not None


def ask(question: Question) -> Answer:
    """Suspend the present unit until its question is answered."""
    return getcurrent().parent.switch(question)


def _idle() -> greenlet:
    each = _this_thread.idle.pop() if _this_thread.idle else greenlet(_run_groups)
    # Django keeps a thread's connections in the context.
    each.gr_context = copy_context()
    return each


def _go_on(each: greenlet, given: object, suspended: deque[tuple[greenlet, Question]]) -> bool:
    """Whether it was suspended by a question; otherwise no group remains."""
    question = each.switch(given)
    if question is _ENDED:
        _this_thread.idle.append(each)
        return False
    suspended.append((each, question))
    return True


def _run_groups(remaining: Iterator[Sequence[Unit]]) -> None:
    """Take the next group after the end of one: without questions, one greenlet runs them all."""
    while True:
        _run_all(remaining)
        del remaining  # an idle greenlet keeps nothing in memory
        remaining = getcurrent().parent.switch(_ENDED)


def _run_all(remaining: Iterator[Sequence[Unit]]) -> None:
    for units in remaining:
        for unit in units:
            unit()
