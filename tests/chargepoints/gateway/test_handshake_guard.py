"""The guard against guessing and against takeovers without end."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from chargepoints.gateway import handshake_guard as guards
from chargepoints.gateway.handshake import Refused, Request
from chargepoints.gateway.handshake_guard import HandshakeGuard
from chargepoints.gateway.refusals import Failures

WRONG_KEY = Refused(401, "wrong_key", "Set the charger's key anew.")


def asks(identity: str, address: str = "192.0.2.1") -> Request:
    return Request(identity, f"/ocpp/{identity}", ("ocpp1.6",), None, address, ())


def at_once(answering: Coroutine[Any, Any, Refused]) -> Refused:
    """The answer of a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as ended:
        answering.send(None)
    answer: Refused = ended.value.value
    return answer


async def test_the_first_failures_are_answered_at_once_with_their_own_status() -> None:
    guard = HandshakeGuard()
    answer = at_once(guard.answer_late(asks("CP-1"), WRONG_KEY, Failures(5, 5, 60)))
    assert answer is WRONG_KEY


async def test_failures_above_a_limit_are_answered_later_and_later_and_told_how_long_to_wait() -> (
    None
):
    guard = HandshakeGuard()
    begun = time.monotonic()
    answer = await guard.answer_late(asks("CP-1"), WRONG_KEY, Failures(6, 6, 41.2))
    assert (answer.status, answer.reason, answer.retry_after_s) == (429, "wrong_key", 42)
    first = time.monotonic() - begun
    begun = time.monotonic()
    await guard.answer_late(asks("CP-1"), WRONG_KEY, Failures(7, 7, 40))
    assert time.monotonic() - begun > first + 0.1


async def test_no_more_than_so_many_answers_are_held_back_at_once() -> None:
    guard = HandshakeGuard()
    held = [
        asyncio.create_task(guard.answer_late(asks("CP-1"), WRONG_KEY, Failures(20, 20, 60)))
        for _ in range(guards.MOST_DELAYED)
    ]
    await asyncio.sleep(0)
    answer = at_once(guard.answer_late(asks("CP-2"), WRONG_KEY, Failures(20, 20, 60)))
    assert answer.status == 429
    for task in held:
        task.cancel()


async def test_an_address_over_its_limit_costs_a_look_up_for_registered_identities_alone() -> None:
    guard = HandshakeGuard()
    assert not guard.is_over_limit(asks("CP-1"))
    await guard.answer_late(asks("CP-1"), WRONG_KEY, Failures(1, 20, 30))
    assert guard.is_over_limit(asks("CP-2"))
    assert not guard.is_over_limit(asks("CP-2", "192.0.2.2"))
    assert guard.next_registry_query() == 0
    guard.add_registered({7: "CP-2"})
    assert guard.is_registered(asks("cp-2"))
    assert not guard.is_registered(asks("CP-3"))


def test_the_registry_is_asked_for_newer_identities_so_often_in_a_second_and_no_more() -> None:
    guard = HandshakeGuard()
    guard.add_registered({7: "CP-2"})
    asked = [guard.next_registry_query() for _ in range(10 * guards.QUERIES_PER_SECOND)]
    assert asked[0] == 7
    assert guards.QUERIES_PER_SECOND <= asked.count(7) <= 2 * guards.QUERIES_PER_SECOND


def test_rows_about_those_over_a_limit_are_bounded_for_an_address_and_in_all() -> None:
    guard = HandshakeGuard()
    kept = [guard.is_to_be_recorded(asks("CP-1")) for _ in range(30)]
    assert kept == [True] * guards.RECORDED_PER_ADDRESS + [False] * 10
    many = [guard.is_to_be_recorded(asks("CP-1", f"198.51.100.{each}")) for each in range(250)]
    assert sum(many) + guards.RECORDED_PER_ADDRESS == guards.RECORDED_IN_ALL


def test_the_sixth_takeover_within_a_minute_freezes_the_identity() -> None:
    guard = HandshakeGuard()
    assert [guard.count_takeover("CP-1") for _ in range(6)] == [False] * 5 + [True]
    assert 299 < guard.frozen_s("cp-1") <= 300
    assert guard.frozen_s("CP-2") == 0
