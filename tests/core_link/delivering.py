"""Events in the feed, and a worker that runs beside the test."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from chargepoints.models import ChargePoint, Event
from chargepoints.services.charge_points import register
from chargepoints.unit_of_work import unit_of_work
from core_link import endpoints
from core_link.delivery.worker import Worker
from core_link.models import Lane

SECRET = "whsec_" + "c2VjcmV0LW9mLTI0LWJ5dGVzLW9yLW1vcmU="


def charge_points(count: int) -> list[ChargePoint]:
    return [register(f"CP-{number}") for number in range(1, count + 1)]


def tell(charge_point: ChargePoint, count: int = 1, type: str = "meter_values.recorded") -> None:
    """Events that are numbered from what the charge point has told already."""
    with unit_of_work() as unit:
        for number in range(count):
            unit.emit(charge_point.pk, type, {"number": number})


@contextmanager
def working() -> Iterator[Worker]:
    """A worker in a thread, as `manage.py deliver_events` runs it in a process."""
    endpoints.follow_environment()
    worker = Worker()

    def run() -> None:
        try:
            worker.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join()


def until(holds: Callable[[], bool], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def all_delivered() -> bool:
    """Whether every lane has come to the end of what its charge point told."""
    last = dict(Event.objects.order_by("sequence").values_list("charge_point_id", "sequence"))
    lanes = Lane.objects.filter(replay=False).values_list("charge_point_id", "delivered_through")
    return bool(last) and dict(lanes) == last
