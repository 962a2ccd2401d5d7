"""Runs units of work by turns in one thread, so that their queries share round trips.

A unit that asks a question is suspended, and the next one begins. When all have asked or ended,
all questions are answered at once, and the units go on. The code of a unit does not notice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from typing import Any

from greenlet import getcurrent, greenlet

Unit = Callable[[], None]
Question = Any
Answer = Any


def run(
    groups: Iterable[Sequence[Unit]], answer_all: Callable[[list[Question]], Sequence[Answer]]
) -> None:
    """Run the units of each group one after the other, and the groups by turns.

    `answer_all` returns the answers in the order of the questions. If it or a unit raises, all
    suspended units end, and the exception is raised here.
    """
    begun: list[greenlet] = []
    try:
        questions = list(_begin(iter(groups), begun))
        while questions:
            answers = answer_all([question for _, question in questions])
            resumed = [
                (each, each.switch(answer))
                for (each, _), answer in zip(questions, answers, strict=True)
            ]
            questions = [(each, question) for each, question in resumed if each]
    finally:
        for each in begun:
            if each:  # suspended
                each.throw()


def is_running() -> bool:
    """Whether the caller is part of a unit, which may `ask`."""
    return getcurrent().parent is not None


def ask(question: Question) -> Answer:
    """Suspend the present unit until its question is answered."""
    return getcurrent().parent.switch(question)


def _begin(
    remaining: Iterator[Sequence[Unit]], begun: list[greenlet]
) -> Iterator[tuple[greenlet, Question]]:
    """Begin all groups; yields the first questions. A greenlet, which is expensive to create, goes
    on with the next group if one ends without a question.
    """

    def run_remaining() -> None:
        for units in remaining:
            for unit in units:
                unit()

    while True:
        each = greenlet(run_remaining)
        # Django keeps a thread's connections in the context.
        each.gr_context = copy_context()
        begun.append(each)
        question = each.switch()
        if not each:  # ended: nothing remains
            return
        yield each, question
