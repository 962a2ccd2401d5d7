"""Events on their way to core, through a real HTTP server: every one, in order, signed."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from core_link.models import Delivery
from tests.core_link.delivering import SECRET, all_delivered, charge_points, tell, until, working
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def core(settings: Settings) -> Iterator[FakeCore]:
    with FakeCore(secrets=[SECRET]) as fake:
        settings.EVENTS_URL = fake.url + "/events"
        settings.EVENTS_SECRETS = [SECRET]
        yield fake


def test_events_arrive_complete_and_in_order(core: FakeCore) -> None:
    points = charge_points(5)
    for _ in range(4):
        for point in points:
            tell(point, 3)
    with working():
        until(all_delivered)
    assert len(core.journal.events) == 60
    assert core.journal.sequence_faults() == []


def test_events_of_many_charge_points_share_a_delivery(core: FakeCore) -> None:
    for point in charge_points(20):
        tell(point, 2)
    with working():
        until(all_delivered)
    (delivery,) = core.journal.deliveries
    assert len(delivery.request["events"]) == 40
    assert delivery.request["backlog"] == 0
    assert delivery.request["delivery_id"] == delivery.headers["webhook-id"]
    assert Delivery.objects.get().state == Delivery.State.DELIVERED
