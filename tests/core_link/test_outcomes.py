"""What an endpoint's answer means, and when the next attempt is due."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone
from requests.structures import CaseInsensitiveDict

from core_link.delivery import schedule
from core_link.delivery.lanes import BATCH, pack
from core_link.delivery.outcomes import Verdict, judge
from core_link.models import Lane
from core_link.outbound import Answer


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), body)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b"", Verdict.DELIVERED),
        (204, b"", Verdict.DELIVERED),
        (202, b"{}", Verdict.DELIVERED),
        (200, b' {"anything": ["else"]}', Verdict.DELIVERED),
        (200, b'{"acked_through": null}', Verdict.DELIVERED),
        (200, b" <html>", Verdict.FAILED),
        (200, b"this is not the JSON you are looking for", Verdict.FAILED),
        (200, b"\xff\x00", Verdict.FAILED),
        (200, b"OK", Verdict.DELIVERED),
        (200, b"null", Verdict.DELIVERED),
        (200, b'["ok"]', Verdict.DELIVERED),
        (200, b'{"acked_thr', Verdict.FAILED),
        (200, b'{"acked_through": "12"}', Verdict.FAILED),
        (200, b'{"acked_through": true}', Verdict.FAILED),
        (301, b"", Verdict.FAILED),
        (400, b"", Verdict.REFUSED),
        (401, b"", Verdict.FAILED),
        (404, b"", Verdict.FAILED),
        (408, b"", Verdict.FAILED),
        (409, b"", Verdict.REFUSED),
        (410, b"", Verdict.GONE),
        (413, b"", Verdict.REFUSED),
        (422, b"", Verdict.REFUSED),
        (425, b"", Verdict.FAILED),
        (429, b"", Verdict.FAILED),
        (500, b"", Verdict.FAILED),
        (503, b"", Verdict.FAILED),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, verdict: Verdict) -> None:
    assert judge(answer(status, body)).verdict is verdict


def test_the_error_quotes_what_core_said() -> None:
    outcome = judge(answer(422, b'{"detail": "no such charge point"}' + b" " * 1000))
    assert outcome.error == 'HTTP 422: {"detail": "no such charge point"}'


def test_how_far_a_part_was_acknowledged() -> None:
    assert judge(answer(200, b'{"acked_through": 812}')).acked_through == 812


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("0", 0), ("", None), ("soon", None), ("-5", None)]
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert judge(answer(503, Retry_After=text)).retry_after_s == seconds


def test_retry_after_as_a_date() -> None:
    at = format_datetime(timezone.now() + timedelta(seconds=90), usegmt=False)
    waits = judge(answer(503, Retry_After=at)).retry_after_s
    assert waits is not None
    assert 85 < waits <= 90


def test_a_delivery_that_fails_by_itself_is_tried_for_about_75_hours() -> None:
    assert 74 * 3600 < sum(schedule.RETRY_DELAYS_S) < 77 * 3600
    now = timezone.now()
    for strikes, delay in enumerate(schedule.RETRY_DELAYS_S, start=1):
        at = schedule.after_strike(strikes, now)
        assert at is not None
        assert 0.9 * delay <= (at - now).total_seconds() <= 1.1 * delay
    assert schedule.after_strike(len(schedule.RETRY_DELAYS_S) + 1, now) is None


def test_an_endpoint_that_is_down_is_probed_every_minute_at_last() -> None:
    now = timezone.now()
    waits = [(schedule.next_probe(failures, now) - now).total_seconds() for failures in (1, 99)]
    assert waits[0] == 0
    assert 54 <= waits[1] <= 66


def test_a_hold_that_core_asks_for_is_an_hour_at_most() -> None:
    now = timezone.now()
    assert schedule.hold(1e9, now) == now + timedelta(hours=1)


# --- Batches ------------------------------------------------------------------------------------


def lane(charge_point_id: int, waiting: int, limit: int | None = None) -> Lane:
    return Lane(
        charge_point_id=charge_point_id,
        delivered_through=10,
        pending_through=10 + waiting,
        batch_limit=limit,
    )


def packed(lanes: list[Lane], count: int = 8) -> list[list[tuple[int, int, int]]]:
    return [
        [(part.lane.charge_point_id, part.first, part.last) for part in batch]
        for batch in pack(lanes, count)
    ]


def test_lanes_share_a_batch() -> None:
    assert packed([lane(1, 2), lane(2, 3)]) == [[(1, 11, 12), (2, 11, 13)]]


def test_a_batch_that_is_full_is_followed_by_another() -> None:
    assert packed([lane(1, BATCH - 1), lane(2, 5), lane(3, 1)]) == [
        [(1, 11, BATCH + 9), (2, 11, 11)],
        [(3, 11, 11)],
    ]


def test_no_lane_is_in_two_batches() -> None:
    assert packed([lane(1, 3 * BATCH), lane(2, 1)]) == [[(1, 11, BATCH + 10)], [(2, 11, 11)]]


def test_a_suspected_lane_travels_alone_and_light() -> None:
    assert packed([lane(1, 2), lane(2, 50, limit=12), lane(3, 2)]) == [
        [(2, 11, 22)],
        [(1, 11, 12), (3, 11, 12)],
    ]


def test_there_are_no_more_batches_than_asked_for() -> None:
    many = [lane(number, BATCH) for number in range(5)]
    assert len(packed(many, 3)) == 3
    assert len(packed([lane(1, 1), lane(2, 5, limit=1)], 1)) == 1
