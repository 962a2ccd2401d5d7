"""The pages of one charge point in a real browser, on a desk and on a phone."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.models import (
    ChargePoint,
    Connector,
    Event,
    HandshakeRefusal,
    Registration,
    Status,
)
from chargepoints.services.stations import registry
from tests.chargepoints.admin.browser import Staff, logged_in, staff
from tests.chargepoints.admin.conftest import charge, make, trace
from tests.chargepoints.admin.past import a_past
from tests.chargepoints.services.availability.past import make_up
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services

# Whether a panel is wider than it is shown, so that one has to scroll sideways.
TOO_WIDE = """
return [...document.querySelectorAll(".cp-panel")]
    .filter((panel) => panel.scrollWidth > panel.clientWidth)
    .map((panel) => panel.textContent.trim().slice(0, 40));
"""


def open_page(staff: Staff, charge_point: ChargePoint, page: str = "") -> None:
    staff.browser.get(f"{staff.address}/admin/chargepoints/chargepoint/{charge_point.pk}/{page}")


async def test_availability_is_seen_by_the_month(logged_in: Staff, identity: str) -> None:
    row = registry.register(identity, site=identity)
    now = timezone.now()
    make_up(row, now - timedelta(days=100), now, seed=3)

    def look() -> None:
        open_page(logged_in, row, "availability/")
        logged_in.sees(".cp-panel table", f"{now:%Y-%m}")
        logged_in.keep("availability-of-one")
        logged_in.follow("All of the site")
        logged_in.sees(".cp-panel table", identity)
        logged_in.keep("availability-of-a-site")

    await asyncio.to_thread(look)


async def test_nothing_has_to_be_scrolled_sideways_on_a_phone(
    logged_in: Staff, identity: str
) -> None:
    row = make(identity, connectors=2)
    charge(row)
    fault = {"error_code": "PowerMeterFailure", "info": "a long word of its vendor's own " * 3}
    Connector.objects.filter(evse__charge_point=row, evse__evse_id=2).update(
        status=Status.FAULTED, status_at=timezone.now(), **fault
    )
    make(f"{identity}-away-for-a-long-while", online=False, name="Behind the workshop, left")
    make(f"{identity}-new", registration=Registration.PENDING, model="Of a long name, 2 x 350 kW")
    HandshakeRefusal.objects.create(
        identity=f"{identity}-unknown", reason="no_common_protocol", status_code=400, count=1234
    )

    def look() -> list[str]:
        logged_in.resize(390, 844)
        found = []
        for page in ("/admin/", f"/admin/chargepoints/chargepoint/{row.pk}/"):
            logged_in.browser.get(logged_in.address + page)
            found += logged_in.browser.execute_script(TOO_WIDE)
            logged_in.keep("charge-point" if "chargepoint" in page else "dashboard")
            logged_in.resize(390, 844)
        return found

    assert await asyncio.to_thread(look) == []


SHOWN_FRAMES = """
return [...document.querySelectorAll("#live-list > div:not([hidden]) .cp-action")]
    .map((each) => each.textContent.trim());
"""
ASKED = "return performance.getEntriesByType('resource').map((each) => each.name);"


async def test_frames_are_followed_filtered_and_held_back(
    logged_in: Staff, gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:

        def shown() -> list[str]:
            return list(logged_in.browser.execute_script(SHOWN_FRAMES))

        def look() -> None:
            open_page(logged_in, operated.row)
            logged_in.follow("Live")
            logged_in.sees("#live-state", "live")

        await asyncio.to_thread(look)
        await operated.status(1, "Faulted", "GroundFailure")
        await operated.call("Heartbeat", {})
        await asyncio.to_thread(logged_in.sees, "#live-list", "Heartbeat")
        await operated.post("clear_cache", {})
        message_id, _ = await operated.charger.expect_call("ClearCache")
        await asyncio.to_thread(logged_in.sees, "#live-list", "sent")
        await operated.charger.answer(message_id, {"status": "Rejected"})
        await asyncio.to_thread(logged_in.sees, "#live-list", "Rejected")
        assert shown() == ["ClearCache", "Heartbeat", "StatusNotification"]
        await asyncio.to_thread(logged_in.keep, "live-frames")

        def hold() -> None:
            logged_in.find("#live-action").send_keys("status")
            assert shown() == ["StatusNotification"]
            logged_in.find("#live-action").clear()
            logged_in.find("#live-action").send_keys("e")
            logged_in.select("#live-direction", "out")
            assert shown() == ["ClearCache"]
            logged_in.select("#live-direction", "")
            logged_in.press("Pause")

        await asyncio.to_thread(hold)
        await operated.call("DataTransfer", {"vendorId": "Acme"})
        await asyncio.to_thread(logged_in.sees, "#live-pause", "Resume (1)")
        assert "DataTransfer" not in shown()

        def go_on() -> None:
            logged_in.click("#live-pause")
            logged_in.sees("#live-list", "DataTransfer")

        await asyncio.to_thread(go_on)
        asked = [url for url in logged_in.browser.execute_script(ASKED) if "/admin/charge" in url]
        assert len(asked) <= 1, "it is pushed, not asked for again and again"
        assert await asyncio.to_thread(logged_in.complaints) == []


async def test_the_tabs_of_a_charge_point_stay_on_its_page(logged_in: Staff, identity: str) -> None:
    row = registry.register(identity, site=identity, key="a-key-of-the-charger")
    now = timezone.now()
    make_up(row, now - timedelta(days=10), now, seed=4)
    a_past(row, "a text")
    # Core would be told of an event that there is none of.
    Event.objects.filter(charge_point=row, type="a text").delete()
    tabs = ("Local list", "Reservations", "Files", "Certificates", "Security", "Connections")

    def look() -> None:
        open_page(logged_in, row)
        for tab in tabs:
            logged_in.follow(tab)
            logged_in.sees("[aria-current=page]", tab)
            logged_in.keep(f"tab-{tab.lower().replace(' ', '-')}")
        logged_in.follow("Messages")
        logged_in.sees("[aria-current=page]", "Messages")
        logged_in.keep("tab-messages")

    await asyncio.to_thread(look)
    assert await asyncio.to_thread(logged_in.complaints) == []


async def test_history_is_held_and_what_is_kept_is_foretold(
    logged_in: Staff, identity: str
) -> None:
    row = make(identity)
    trace(row)

    def hold() -> None:
        open_page(logged_in, row)
        logged_in.follow("Hold it")
        logged_in.find("[name=reason]").send_keys("a dispute with the vendor until March")
        logged_in.keep("hold")
        logged_in.press("Hold it")
        logged_in.sees("#state", "a dispute with the vendor until March")
        logged_in.keep("held")
        logged_in.browser.get(f"{logged_in.address}/admin/chargepoints/chargepoint/retention/")
        logged_in.sees(".cp-panel", "KEEP_MESSAGES_DAYS")
        logged_in.keep("retention")

    await asyncio.to_thread(hold)
    assert await asyncio.to_thread(logged_in.complaints) == []
