"""Somebody of the staff before a real browser, for tests of what pages do there."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from tests.running_gateway import RunningGateway

# Where tests leave the pictures of what they saw.
KEPT = Path(__file__).resolve().parents[3] / "var" / "screenshots"
TALLEST = 4000
PASSWORD = "a-password-for-tests"
WITHIN_S = 40
IS_LOADED = "return document.readyState === 'complete'"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-dev-shm-usage "
    "--window-size=1440,1000"
)

# What a page answers while it is being made: nothing there, something else in front, or replaced.
NOT_YET = [
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
]


def is_replaced(element: WebElement) -> Callable[[Chrome], bool]:
    """Whether it is of a page that is gone: Chromium says so in more ways than one."""

    def look(browser: Chrome) -> bool:
        try:
            element.is_enabled()
        except WebDriverException:
            return True
        return False

    return look


class Staff:
    """Somebody of the staff before their browser.

    Every step waits for what it needs. A live panel may replace an element at any moment, so no
    step keeps one from its look to its click.
    """

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser = browser
        self.address = address
        self._wait = WebDriverWait(browser, WITHIN_S, 0.1, NOT_YET)

    def log_in(self, name: str) -> None:
        self.browser.get(f"{self.address}/admin/")
        self.find("[name=username]").send_keys(name)
        self.find("[name=password]").send_keys(PASSWORD)
        self.leave(lambda: self.click("[type=submit]"))
        self.find(".cp-cards")

    def open(self, identity: str) -> None:
        """From the list, by a click on the row."""
        self.browser.get(f"{self.address}/admin/chargepoints/chargepoint/?q={identity}")
        self.leave(lambda: self.click("#result_list tbody th a"))
        self.sees("#state", identity)

    def choose(self, type: str) -> None:
        """A command, whose fields replace those of the one before."""
        chosen = Select(self.find("#command select[name=command]"))
        if chosen.first_selected_option.get_attribute("value") != type:
            form = self.find("#command")
            chosen.select_by_value(type)
            self._wait.until(is_replaced(form))

    def select(self, selector: str, value: str) -> None:
        Select(self.find(selector)).select_by_value(value)

    def fill(self, argument: str, value: str) -> None:
        self.find(f'[name="args-{argument}"]').send_keys(value)

    def press(self, text: str) -> None:
        self._click(By.XPATH, f"//button[normalize-space()='{text}']")

    def click(self, selector: str) -> None:
        self._click(By.CSS_SELECTOR, selector)

    def follow(self, text: str) -> None:
        """The link of this text, to the page that it leads to."""
        self.leave(lambda: self._click(By.LINK_TEXT, text))

    def leave(self, act: Callable[[], object]) -> None:
        """Do what leads to another page, and wait until that one is there as a whole."""
        page = self.find("html")
        act()
        self._wait.until(is_replaced(page))
        self._wait.until(lambda browser: browser.execute_script(IS_LOADED))

    def link(self, text: str) -> WebElement:
        return self._wait.until(lambda browser: browser.find_element(By.LINK_TEXT, text))

    def find(self, selector: str) -> WebElement:
        return self._wait.until(lambda browser: browser.find_element(By.CSS_SELECTOR, selector))

    def sees(self, selector: str, text: str) -> None:
        self._wait.until(
            lambda browser: text in browser.find_element(By.CSS_SELECTOR, selector).text,
            f"{text!r} in {selector}",
        )

    def _click(self, by: str, what: str) -> None:
        def click(browser: Chrome) -> bool:
            browser.find_element(by, what).click()
            return True

        self._wait.until(click, what)

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
