"""Who follows the frames of a charge point gets what is traced, and is never waited for."""

from collections.abc import Iterator
from typing import Any

import pytest

from chargepoints.clock import now
from chargepoints.gateway import tails
from chargepoints.models import Message


def row(charge_point_id: int = 7, message_id: str = "1", request: str = "[]") -> tuple[Any, ...]:
    return Message.row(
        charge_point_id=charge_point_id,
        connection_id=1,
        direction=Message.Direction.FROM_CHARGER,
        action="Heartbeat",
        message_id=message_id,
        request=request,
        reply="",
        outcome=Message.Outcome.RESULT,
        error_code="",
        deviations=["odd"],
        started_at=now(),
        duration_ms=1.5,
    )


@pytest.fixture(autouse=True)
def nobody_follows() -> Iterator[None]:
    yield
    for charge_point_id in list(tails.followed()):
        pytest.fail(f"{charge_point_id} is still followed")


async def test_what_is_followed_is_the_row_of_the_trace() -> None:
    tail = tails.follow(7)
    assert tail is not None and tails.is_followed(7) and not tails.is_followed(8)
    tails.publish(row())
    tails.publish(row(8))
    await tail.wait(1)
    [frame], left_out = tail.take()
    message = tails.message(frame)
    assert (message.action, message.direction, message.deviations) == ("Heartbeat", "in", ["odd"])
    assert left_out == 0
    tails.leave(7, tail)
    assert not tails.is_followed(7)


async def test_a_page_that_is_slow_misses_the_oldest_and_is_told_how_many() -> None:
    tail = tails.follow(7)
    assert tail is not None
    for number in range(tails.LONGEST_QUEUE + 30):
        tails.publish(row(message_id=str(number), request="x" * 5000))
    frames, left_out = tail.take()
    assert left_out == 30 and len(frames) == tails.LONGEST_QUEUE
    assert frames[0]["message_id"] == "30"
    assert len(frames[0]["request"]) == tails.SHOWN_OF_A_FRAME
    tails.leave(7, tail)


async def test_so_many_pages_follow_and_no_more() -> None:
    followed = [tails.follow(7) for _ in range(tails.MOST_TAILS)]
    assert tails.follow(8) is None and tails.is_full()
    for tail in followed:
        assert tail is not None
        tails.leave(7, tail)
    assert not tails.is_full()


def test_a_tail_is_live_once_the_process_with_the_socket_has_said_so() -> None:
    mine, others = tails.follow(7), tails.follow(8)
    assert mine is not None and others is not None
    assert [mine.live, others.live] == [False, False]
    tails.confirm(7)
    assert [mine.live, others.live] == [True, False]
    tails.leave(7, mine)
    tails.leave(8, others)


async def test_another_process_is_forwarded_to_as_long_as_it_says_that_it_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tails.lease(7, "server.b")
    tails.publish(row())
    channel, frame = await tails.next_to_forward()
    assert (channel, frame["charge_point_id"]) == ("server.b", 7)
    monkeypatch.setattr(tails, "LEASE_S", -1)
    tails.lease(7, "server.b")
    tails.publish(row())
    assert not tails.is_followed(7)
