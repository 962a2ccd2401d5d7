"""Who follows the frames of a charge point gets what is traced, and is never waited for."""

from collections.abc import Iterator
from typing import Any

import pytest

from chargepoints.clock import now
from chargepoints.gateway import frame_followers
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
    for charge_point_id in list(frame_followers.followed()):
        pytest.fail(f"{charge_point_id} is still followed")


async def test_what_is_followed_is_the_row_of_the_trace() -> None:
    follower = frame_followers.follow(7)
    assert (
        follower is not None
        and frame_followers.is_followed(7)
        and not frame_followers.is_followed(8)
    )
    frame_followers.publish(row())
    frame_followers.publish(row(8))
    await follower.wait(1)
    [frame], left_out = follower.take()
    message = frame_followers.message(frame)
    assert (message.action, message.direction, message.deviations) == ("Heartbeat", "in", ["odd"])
    assert left_out == 0
    frame_followers.leave(7, follower)
    assert not frame_followers.is_followed(7)


async def test_a_page_that_is_slow_misses_the_oldest_and_is_told_how_many() -> None:
    follower = frame_followers.follow(7)
    assert follower is not None
    for number in range(frame_followers.LONGEST_QUEUE + 30):
        frame_followers.publish(row(message_id=str(number), request="x" * 5000))
    frames, left_out = follower.take()
    assert left_out == 30 and len(frames) == frame_followers.LONGEST_QUEUE
    assert frames[0]["message_id"] == "30"
    assert len(frames[0]["request"]) == frame_followers.SHOWN_OF_A_FRAME
    frame_followers.leave(7, follower)


async def test_so_many_pages_follow_and_no_more() -> None:
    followed = [frame_followers.follow(7) for _ in range(frame_followers.MOST_FOLLOWERS)]
    assert frame_followers.follow(8) is None and frame_followers.is_full()
    for follower in followed:
        assert follower is not None
        frame_followers.leave(7, follower)
    assert not frame_followers.is_full()


def test_a_tail_is_live_once_the_process_with_the_socket_has_said_so() -> None:
    mine, others = frame_followers.follow(7), frame_followers.follow(8)
    assert mine is not None and others is not None
    assert [mine.live, others.live] == [False, False]
    frame_followers.confirm(7)
    assert [mine.live, others.live] == [True, False]
    frame_followers.leave(7, mine)
    frame_followers.leave(8, others)


async def test_another_process_is_forwarded_to_as_long_as_it_says_that_it_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame_followers.lease(7, "server.b")
    frame_followers.publish(row())
    channel, frame = await frame_followers.next_to_forward()
    assert (channel, frame["charge_point_id"]) == ("server.b", 7)
    monkeypatch.setattr(frame_followers, "LEASE_S", -1)
    frame_followers.lease(7, "server.b")
    frame_followers.publish(row())
    assert not frame_followers.is_followed(7)
