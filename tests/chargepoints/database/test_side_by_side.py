"""Units of work that take turns: their questions are answered together."""

import pytest

from chargepoints.database import side_by_side
from chargepoints.database.side_by_side import Unit

Rounds = list[list[str]]


def asking(said: list[str], *questions: str) -> Unit:
    """A unit that asks these questions, one after the other, and notes the answers."""

    def unit() -> None:
        for question in questions:
            said.append(side_by_side.ask(question))

    return unit


def run(*groups: list[Unit]) -> Rounds:
    """The questions of each round."""
    rounds: Rounds = []

    def answer_all(questions: list[str]) -> list[str]:
        rounds.append(questions)
        return [question.upper() for question in questions]

    side_by_side.run(groups, answer_all)
    return rounds


def test_the_questions_of_all_groups_are_answered_together() -> None:
    said: list[str] = []
    rounds = run([asking(said, "a", "b")], [asking(said)], [asking(said, "c")])
    assert rounds == [["a", "c"], ["b"]]
    assert said == ["A", "C", "B"]


def test_a_unit_begins_after_the_end_of_the_one_before_in_its_group() -> None:
    said: list[str] = []
    assert run([asking(said, "a"), asking(said, "b")], [asking(said, "c")]) == [["a", "c"], ["b"]]


def test_without_questions_nothing_is_asked() -> None:
    said: list[str] = []
    assert run([asking(said)], [asking(said)]) == []
    assert run() == []


def test_an_exception_of_a_unit_ends_the_others() -> None:
    said: list[str] = []
    ended: list[str] = []

    def fails() -> None:
        side_by_side.ask("x")
        raise ValueError("wrong")

    def waits() -> None:
        try:
            side_by_side.ask("y")
            side_by_side.ask("z")
        finally:
            ended.append("waits")

    with pytest.raises(ValueError, match="wrong"):
        run([waits], [fails], [asking(said, "never answered twice", "b")])
    assert ended == ["waits"]


def test_a_failed_round_ends_all_units() -> None:
    ended: list[str] = []

    def waits() -> None:
        try:
            side_by_side.ask("x")
        finally:
            ended.append("waits")

    def answer_all(questions: list[str]) -> list[str]:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        side_by_side.run([[waits], [waits]], answer_all)
    assert ended == ["waits", "waits"]


def test_only_a_unit_may_ask() -> None:
    assert not side_by_side.is_running()
    seen: list[bool] = []
    run([lambda: seen.append(side_by_side.is_running())])
    assert seen == [True]
