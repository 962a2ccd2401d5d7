"""The admin in a real browser, before a real server with a real charger behind it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from chargepoints.models import Command, Message
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway

pytestmark = pytest.mark.services

PASSWORD = "a-password-for-tests"
WITHIN_S = 20
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-dev-shm-usage "
    "--window-size=1440,1000"
)


class Staff:
    """Somebody of the staff before their browser; every step waits for what it needs."""

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser = browser
        self.address = address
        self._wait = WebDriverWait(
            browser, WITHIN_S, 0.1, [NoSuchElementException, StaleElementReferenceException]
        )

    def log_in(self, name: str) -> None:
        self.browser.get(f"{self.address}/admin/")
        self.find("[name=username]").send_keys(name)
        self.find("[name=password]").send_keys(PASSWORD)
        self.find("[type=submit]").click()
        self.find(".cp-cards")

    def open(self, identity: str) -> None:
        """From the list, by a click on the row."""
        self.browser.get(f"{self.address}/admin/chargepoints/chargepoint/?q={identity}")
        self.find("#result_list tbody th a").click()
        self.sees("#state", identity)

    def choose(self, type: str) -> None:
        Select(self.find("#command select[name=command]")).select_by_value(type)

    def fill(self, argument: str, value: str) -> None:
        self.find(f'[name="args-{argument}"]').send_keys(value)

    def press(self, text: str) -> None:
        by_text = f"//button[normalize-space()='{text}']"
        self._wait.until(lambda browser: browser.find_element(By.XPATH, by_text)).click()

    def find(self, selector: str) -> WebElement:
        return self._wait.until(lambda browser: browser.find_element(By.CSS_SELECTOR, selector))

    def sees(self, selector: str, text: str) -> None:
        self._wait.until(
            lambda browser: text in browser.find_element(By.CSS_SELECTOR, selector).text,
            f"{text!r} in {selector}",
        )

    def complaints(self) -> list[str]:
        """What the browser found wrong with the pages."""
        log = self.browser.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in log]


@pytest.fixture
def staff(gateway: RunningGateway, tmp_path: Path) -> Iterator[Staff]:
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path}"):
        options.add_argument(flag)
    service = Service(shutil.which("chromedriver") or "chromedriver")
    browser = Chrome(options=options, service=service)
    try:
        yield Staff(browser, gateway.http)
    finally:
        browser.quit()


@pytest.fixture
async def operated(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedCharger]:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        yield charger


@pytest.fixture
def logged_in(staff: Staff, identity: str) -> Staff:
    User.objects.create_superuser(identity, password=PASSWORD)
    staff.log_in(identity)
    return staff


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
        Select(logged_in.find("[name=args-type]")).select_by_value("on_idle")
        logged_in.press("Send")
        logged_in.sees("#command", f"Reset {identity}?")

    await asyncio.to_thread(ask_once)
    assert not Command.objects.filter(charge_point=operated.row).exists()
    await asyncio.to_thread(logged_in.press, "Yes, send it")
    assert await operated.obey("Reset", {"status": "Accepted"}) == {"type": "Soft"}
    await asyncio.to_thread(logged_in.sees, "#commands", "accepted")


async def test_what_a_charger_reports_appears_while_one_looks(
    logged_in: Staff, operated: OperatedCharger, identity: str
) -> None:
    """And a frame that was opened stays open meanwhile."""
    await asyncio.to_thread(logged_in.open, identity)
    await asyncio.to_thread(logged_in.find("#messages summary").click)
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
        logged_in.sees("#messages", "earlier_transaction_left_open")
        names = logged_in.browser.find_elements(By.CSS_SELECTOR, "#messages .cp-action")
        return [name.size["height"] for name in names]

    assert max(await asyncio.to_thread(look)) < 40
