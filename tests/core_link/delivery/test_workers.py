"""Several worker processes, and workers that are killed."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from core_link.models import Delivery
from tests.core_link.delivery.delivering import (
    SECRET,
    all_delivered,
    charge_points,
    let_leases_end,
    tell,
    until,
)
from tests.fakes.core import FakeCore
from tests.faults.scale import scaled
from tests.warm_start import ManagePy

EVENTS = scaled(2000, 5000, 100_000)
# A worker, once in so many rounds of faults and events.
KILLED_EVERY = 20
FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"down": True},
    {"slow_ms": 200},
    {"status": 302, "location": "http://127.0.0.1:1/"},
    {"garbage": True},
    {"status": 429},
    {"acknowledge_first": 3},
]

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    """The test's own database, for another process."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{connection.settings_dict['NAME']}"
    given = connection.settings_dict
    user = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    return f"postgresql://{user}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


Workers = Callable[[], AbstractContextManager[ManagePy]]


@pytest.fixture
def worker_process(core: FakeCore, tmp_path: Path) -> Workers:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "connect_site.settings",
        "DATABASE_URL": database_url(),
        "EVENTS_URL": core.url + "/events",
        "EVENTS_SECRETS": SECRET,
    }

    @contextmanager
    def running() -> Iterator[ManagePy]:
        process = ManagePy(["deliver_events"], environment, tmp_path / "log")
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    return running


@pytest.mark.slow
def test_a_worker_killed_after_the_post_leaves_it_to_the_next_under_the_same_id(
    core: FakeCore, worker_process: Workers
) -> None:
    (point,) = charge_points(1)
    tell(point, 3)
    core.fail(slow_ms=700, times=1)
    with worker_process() as first:
        until(lambda: not core.faults.active(), within_s=20)
        # Core has the request now, and has not answered yet.
        first.kill()
    until(lambda: core.journal.deliveries)
    assert Delivery.objects.get().state == Delivery.State.PENDING
    let_leases_end()
    with worker_process():
        until(all_delivered, within_s=20)
    sent = core.journal.deliveries
    assert len({each.headers["webhook-id"] for each in sent}) == 1
    assert [each.request["events"] for each in sent] == [sent[0].request["events"]] * 2
    assert core.journal.sequence_faults() == []


@pytest.mark.slow
@pytest.mark.timeout(60 + EVENTS // 100)
def test_two_workers_share_the_work_and_keep_the_order_while_others_are_killed(
    core: FakeCore, worker_process: Workers
) -> None:
    points = charge_points(20)
    rounds = max(1, EVENTS // (20 * 5))
    with ExitStack() as stack:
        workers = [stack.enter_context(worker_process()) for _ in range(2)]
        for number in range(rounds):
            core.fail(times=1, **FAULTS[number % len(FAULTS)])
            for point in points:
                tell(point, 5)
            if number % KILLED_EVERY == KILLED_EVERY // 2:
                workers.pop(0).kill()
                workers.append(stack.enter_context(worker_process()))
                let_leases_end()
        until(all_delivered, within_s=30 + EVENTS / 200)
    assert core.journal.sequence_faults() == []
    assert {event["id"] for event in core.journal.events} == {
        f"evt_{point.pk}_{number}" for point in points for number in range(1, 5 * rounds + 1)
    }


def has_posted(core: FakeCore, count: int) -> bool:
    return len(core.journal.deliveries) >= count


@pytest.mark.slow
def test_workers_killed_again_and_again_lose_nothing(
    core: FakeCore, worker_process: Workers
) -> None:
    points = charge_points(10)
    core.fail(slow_ms=20)
    for _ in range(3):
        for point in points:
            tell(point, 100)
        with worker_process() as process:
            until(partial(has_posted, core, len(core.journal.deliveries) + 3), within_s=20)
            process.kill()
        let_leases_end()
    core.faults.clear()
    with worker_process():
        until(all_delivered, within_s=30)
    assert core.journal.sequence_faults() == []
    assert len({event["id"] for event in core.journal.events}) == 3000


def test_a_worker_that_is_stopped_hands_its_deliveries_back(
    core: FakeCore, worker_process: Workers
) -> None:
    (point,) = charge_points(1)
    tell(point)
    core.fail(slow_ms=20_000, times=1)
    with worker_process() as process:
        until(lambda: not core.faults.active(), within_s=20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.claimed_until) == (Delivery.State.PENDING, None)
    core.stop()
