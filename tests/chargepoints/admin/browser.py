"""Somebody of the staff before a real browser, for tests of what pages do there."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from tests.running_gateway import RunningGateway

# Where tests leave the pictures of what they saw.
KEPT = Path(__file__).resolve().parents[3] / "var" / "screenshots"
TALLEST = 4000
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

        # What is clicked may be replaced in the very moment, by a panel that is live.
        def press(browser: Chrome) -> bool:
            browser.find_element(By.XPATH, by_text).click()
            return True

        self._wait.until(press)

    def leave(self, act: Callable[[], object]) -> None:
        """Do what leads to another page, and wait until this one is gone."""
        page = self.find("html")
        act()
        self._wait.until(staleness_of(page))

    def link(self, text: str) -> WebElement:
        return self._wait.until(lambda browser: browser.find_element(By.LINK_TEXT, text))

    def find(self, selector: str) -> WebElement:
        return self._wait.until(lambda browser: browser.find_element(By.CSS_SELECTOR, selector))

    def sees(self, selector: str, text: str) -> None:
        self._wait.until(
            lambda browser: text in browser.find_element(By.CSS_SELECTOR, selector).text,
            f"{text!r} in {selector}",
        )

    def keep(self, name: str) -> None:
        """Pictures of the page as it is, light and dark, on a desk and on a phone."""
        KEPT.mkdir(parents=True, exist_ok=True)
        for device, width, height in (("desk", 1440, 1000), ("phone", 390, 844)):
            self.resize(width, height)
            tall = "return document.documentElement.scrollHeight"
            self.resize(width, min(int(self.browser.execute_script(tall)) + 20, TALLEST))
            for theme in ("light", "dark"):
                dark = str(theme == "dark").lower()
                self.browser.execute_script(
                    f"document.documentElement.classList.toggle('dark', {dark})"
                )
                self.browser.save_screenshot(str(KEPT / f"{name}-{device}-{theme}.png"))
            assert not self.is_cut(), f"{name} is cut at {width} px"
        self.browser.execute_script("document.documentElement.classList.remove('dark')")
        self.resize(1440, 1000)

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def is_cut(self) -> bool:
        """Whether the page is wider than the window."""
        width = "return document.documentElement.scrollWidth - window.innerWidth"
        return int(self.browser.execute_script(width)) > 0

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
def logged_in(staff: Staff, identity: str) -> Staff:
    User.objects.create_superuser(identity, password=PASSWORD)
    staff.log_in(identity)
    return staff
