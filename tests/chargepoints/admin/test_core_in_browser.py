"""What core was told, seen and sent again by staff in a real browser."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from core_link.models import Delivery
from tests.chargepoints.admin.browser import Staff, logged_in, staff
from tests.conftest import EVENTS_SECRET
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services


@pytest.fixture
def told_core(gateway: RunningGateway, tmp_path: Path) -> Iterator[FakeCore]:
    """A core that an event worker of the gateway delivers to."""
    with FakeCore(secrets=[EVENTS_SECRET]) as core:
        told = {"EVENTS_URL": f"{core.url}/events", "EVENTS_SECRETS": EVENTS_SECRET}
        log = tmp_path / "worker.log"
        worker = ManagePy(["deliver_events"], gateway.environment | told, log)
        yield core
        worker.terminate()
        worker.wait(10)


async def test_what_core_was_told_is_seen_and_told_again(
    logged_in: Staff, gateway: RunningGateway, told_core: FakeCore, identity: str
) -> None:
    def received() -> int:
        events = told_core.journal.events_of(identity)
        return sum(event["type"] == "transaction.started" for event in events)

    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.start("04A1")
        await eventually(received, within=20)  # once or, where a worker was slow, more often
        event = charger.row.events.get(type="transaction.started")
        delivered = Delivery.objects.exclude(finished_at=None)
        await eventually(lambda: any(event.pk in each.event_ids for each in delivered.all()))

        def look_and_send_again() -> None:
            page = f"{logged_in.address}/admin/chargepoints/event/{event.pk}/change/"
            logged_in.browser.get(page)
            logged_in.sees("#deliveries", "HTTP 2")
            logged_in.keep("event-and-its-deliveries")
            logged_in.leave(lambda: logged_in.click("#deliveries td a"))
            logged_in.sees("body", '"transaction.started"')
            logged_in.sees("body", "HTTP 2")
            logged_in.keep("delivery")
            logged_in.leave(lambda: logged_in.press("Send again"))

        told = received()
        await asyncio.to_thread(look_and_send_again)
        await eventually(lambda: received() > told, within=20)
        assert await asyncio.to_thread(logged_in.complaints) == []
