"""Events in the feed, and a worker that runs beside the test."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.event_types import EventType
from chargepoints.models import ChargePoint, Event
from chargepoints.services.stations.registry import register
from core_link import endpoints
from core_link.delivery.worker import Worker
from core_link.models import Delivery, Endpoint, Lane

SECRET = "whsec_b2xkLXNlY3JldC1vZi0yNC1ieXRlcy1hdC1sZWFzdA=="
NEW_SECRET = "whsec_bmV3LXNlY3JldC1vZi0yNC1ieXRlcy1hdC1sZWFzdA=="


def charge_points(count: int) -> list[ChargePoint]:
    return [register(f"CP-{number}") for number in range(1, count + 1)]


def tell(
    charge_point: ChargePoint, count: int = 1, kind: EventType = "meter_values.recorded"
) -> None:
    """New events of a charge point."""
    with unit_of_work() as unit:
        for number in range(count):
            unit.emit(charge_point.pk, kind, {"number": number})


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


def deliver_once() -> None:
    endpoints.follow_environment()
    Worker().run_once()


def until(holds: Callable[[], object], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def all_delivered() -> bool:
    """Whether every lane has come to the end of what its charge point told."""
    last = dict(Event.objects.order_by("sequence").values_list("charge_point_id", "sequence"))
    lanes = Lane.objects.filter(replay=False).values_list("charge_point_id", "delivered_through")
    return bool(last) and dict(lanes) == last


def let_leases_end() -> None:
    """As if the processes that made claims had been gone for long."""
    Delivery.objects.exclude(claimed_until=None).update(claimed_until=timezone.now())


def the_endpoint() -> Endpoint:
    return Endpoint.objects.get()
