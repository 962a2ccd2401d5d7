"""The admin in a real browser, before a real server with a real charger behind it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chargepoints.models import Command, Message
from tests.chargepoints.admin.browser import PASSWORD, Staff, logged_in, staff
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services


HEIGHTS = """
return [...document.querySelectorAll("#messages .cp-action")].map((name) => name.offsetHeight);
"""


@pytest.fixture
async def operated(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedCharger]:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        yield charger


async def test_a_command_is_sent_and_its_answer_appears_on_the_page(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    def send() -> None:
        logged_in.open(identity)
        logged_in.sees("#state", "online")
        logged_in.choose("trigger")
        logged_in.fill("message", "Heartbeat")
        logged_in.press("Send")
        logged_in.sees("#command", "The command was accepted")

    await asyncio.to_thread(send)
    request = await operated.obey("TriggerMessage", {"status": "Accepted"})
    assert request == {"requestedMessage": "Heartbeat"}
    await asyncio.to_thread(logged_in.sees, "#commands", "accepted")
    await asyncio.to_thread(logged_in.sees, "#messages", "TriggerMessage")
    command = Command.objects.get(charge_point=operated.row)
    assert command.requested_by == f"staff:{identity}"[:150]
    assert await asyncio.to_thread(logged_in.complaints) == []


async def test_a_reset_is_asked_twice(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    def ask_once() -> None:
        logged_in.open(identity)
        logged_in.choose("reset")
        logged_in.select("[name=args-type]", "on_idle")
        logged_in.press("Send")
        logged_in.sees("#command", f"Reset {identity}?")

    await asyncio.to_thread(ask_once)
    assert not Command.objects.filter(charge_point=operated.row).exists()
    await asyncio.to_thread(logged_in.press, "Yes, send it")
    assert await operated.obey("Reset", {"status": "Accepted"}) == {"type": "Soft"}
    await asyncio.to_thread(logged_in.sees, "#commands", "accepted")


async def test_a_form_that_gets_no_answer_says_so(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    def send_to_nobody() -> None:
        logged_in.open(identity)
        logged_in.choose("clear_cache")
        logged_in.browser.execute_cdp_cmd("Network.enable", {})
        logged_in.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/command/"]})
        logged_in.press("Send")
        logged_in.sees("#command [role=alert]", "The gateway does not answer.")

    await asyncio.to_thread(send_to_nobody)
    assert not Command.objects.filter(charge_point=operated.row).exists()


async def test_a_session_that_ran_out_leads_from_a_part_of_the_page_to_the_sign_in_and_back(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    def sign_in_again() -> None:
        logged_in.open(identity)
        page = logged_in.browser.current_url
        logged_in.browser.delete_all_cookies()
        logged_in.find("[name=username]").send_keys(identity)
        logged_in.find("[name=password]").send_keys(PASSWORD)
        logged_in.leave(lambda: logged_in.click("[type=submit]"))
        logged_in.sees("#state", "online")
        assert logged_in.browser.current_url == page

    await asyncio.to_thread(sign_in_again)


async def test_what_a_charger_reports_appears_while_one_looks(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    """And a frame that was opened stays open meanwhile."""
    await asyncio.to_thread(logged_in.open, identity)
    await asyncio.to_thread(logged_in.click, "#messages summary")
    opened = await asyncio.to_thread(logged_in.find, "#messages details[open]")
    name = opened.get_attribute("id")
    await operated.status(1, "Faulted", "GroundFailure")
    await asyncio.to_thread(logged_in.sees, "#connectors", "GroundFailure")
    await asyncio.to_thread(logged_in.sees, "#messages", "StatusNotification")
    await asyncio.to_thread(logged_in.find, f"#messages details[open]#{name} pre")


@pytest.mark.usefixtures("operated")
async def test_the_browser_has_nothing_to_complain_about_in_the_pages(
    logged_in: Staff, identity: str
) -> None:
    """Nothing that the Content-Security-Policy forbids, nothing missing, no error of a script."""

    def look() -> list[str]:
        logged_in.open(identity)
        page = logged_in.browser.current_url.rstrip("/")
        logged_in.browser.get(page.removesuffix("/overview") + "/story/")
        logged_in.find("form")
        for path in (
            "/chargepoints/chargepoint/",
            "/chargepoints/chargepoint/story/",
            "/chargepoints/message/",
            "/chargepoints/transaction/",
            "/",
        ):
            logged_in.browser.get(f"{logged_in.address}/admin{path}")
            logged_in.find("form")
        return logged_in.complaints()

    assert await asyncio.to_thread(look) == []


async def test_the_list_follows_the_chargers(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    url = f"{logged_in.address}/admin/chargepoints/chargepoint/?q={identity}"
    await asyncio.to_thread(logged_in.browser.get, url)
    await asyncio.to_thread(logged_in.sees, "#result_list", "online")
    await operated.charger.close()
    await asyncio.to_thread(logged_in.sees, "#result_list", "offline")


async def test_on_a_phone_the_name_of_an_odd_message_stays_on_one_line(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    Message.objects.filter(charge_point=operated.row).update(
        deviations=["earlier_transaction_left_open"]
    )

    def look() -> list[int]:
        logged_in.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 420, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
        )
        logged_in.open(identity)
        logged_in.sees("#messages", "earlier transaction left open")
        return list(logged_in.browser.execute_script(HEIGHTS))

    assert max(await asyncio.to_thread(look)) < 40
