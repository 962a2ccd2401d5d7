"""Every page of the admin in a browser: its policy refuses nothing, and all can read and use it."""

import asyncio
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest

from chargepoints.models import Event
from tests.chargepoints.admin.browser import Staff, logged_in, staff
from tests.chargepoints.admin.conftest import charge, make
from tests.chargepoints.admin.past import a_past
from tests.chargepoints.admin.test_every_page import pages
from tests.running_gateway import RunningGateway

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# WCAG 2.2, levels A and AA; in the dark nothing differs but the colours.
AA = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RULES = {"light": AA, "dark": {"type": "rule", "values": ["color-contrast"]}}
RUN = """
const [rules, theme, done] = arguments;
document.documentElement.classList.toggle("dark", theme === "dark");
requestAnimationFrame(() => {
  /* Halfway from one theme to the other, the colours are those of neither. */
  for (const change of document.getAnimations()) change.finish();
  axe.run(document, {runOnly: rules}).then(done);
});
"""
# Parts of pages, and what only takes a form.
NO_PAGES = ("/live/", "/same/", "/command/", "/cancel/", "/add/", "/delete/", "?q=x")


def violations(staff: Staff, theme: str) -> Iterator[str]:
    found: dict[str, Any] = staff.browser.execute_async_script(RUN, RULES[theme], theme)
    for violation in found["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['html'][:200]}"


def look_at(staff: Staff, url: str) -> list[str]:
    """What is wrong with the page, light and dark."""
    staff.browser.get(staff.address + url)
    staff.browser.execute_script(AXE)
    found = [each for theme in ("light", "dark") for each in violations(staff, theme)]
    refused = [each for each in staff.complaints() if "status of" not in each]
    return [f"{url} {each}" for each in found + refused]


@pytest.fixture
def gateway(start_gateway: Callable[..., RunningGateway]) -> RunningGateway:
    """One whose lists hold what this test has put there."""
    return start_gateway()


@pytest.mark.timeout(600)
async def test_every_page_is_accessible_and_loads_all_that_it_needs(
    logged_in: Staff, identity: str
) -> None:
    row = make(f"{identity}-past")
    charge(row)
    a_past(row, "text")
    # Core would be told of an event that there is none of.
    Event.objects.filter(charge_point=row, type="text").delete()
    urls = [url for url in pages() if not any(each in url for each in NO_PAGES)]

    def visit() -> list[str]:
        logged_in.browser.set_script_timeout(120)
        return [wrong for url in urls for wrong in look_at(logged_in, url)]

    found = await asyncio.to_thread(visit)
    assert not found, "\n".join(found)
