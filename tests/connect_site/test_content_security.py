"""What a browser may load and run for each kind of answer."""

import re
from pathlib import Path

import pytest
import unfold
from django.test import AsyncClient, Client

from connect_site.content_security import HEADER
from connect_site.unfold_templates import REPLACEMENTS

APPS = ("chargepoints", "connect_site", "core_link")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/charge-points", "/healthz", "/openapi.json", "/nothing"])
def test_an_answer_that_is_no_page_may_load_nothing(path: str) -> None:
    policy = Client().get(path)[HEADER]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_admin_loads_and_sends_nothing_outside_this_site(admin_client: Client) -> None:
    answer = admin_client.get("/admin/")
    policy = answer[HEADER]
    (nonce,) = re.findall(r"'nonce-([\w-]{22})'", policy)
    sources = {word for rule in policy.split("; ") for word in rule.split()[1:]}
    assert sources == {"'self'", "'none'", f"'nonce-{nonce}'", "data:"}
    assert "frame-ancestors 'none'" in policy
    page = answer.content.decode()
    assert re.findall(r"<style[^>]*>", page) == [
        f'<style id="unfold-theme-colors" nonce="{nonce}">'
    ]
    assert nonce not in admin_client.get("/admin/").content.decode()


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_each_replacement_in_a_template_of_unfold_has_its_place(name: str) -> None:
    """An update of unfold that moves one is noticed here."""
    template = Path(unfold.__file__).parent / "templates" / name
    contents = template.read_text()
    for pattern, by in REPLACEMENTS[name]:
        contents, times = re.subn(pattern, by, contents)
        assert times >= 1, pattern
    assert "localStorage" not in contents
    assert "window.location" not in contents


async def test_an_answer_of_the_asynchronous_server_has_a_policy() -> None:
    assert HEADER in (await AsyncClient().get("/healthz")).headers
    assert HEADER in (await AsyncClient().get("/static/unfold/css/styles.css")).headers


IN_THE_PAGE = re.compile(r'\sstyle="|<script(?! src)|<style|\son\w+="|hx-on|hx-trigger="[^"]*\[')


def test_no_template_of_ours_has_what_the_policy_refuses() -> None:
    """Styles and scripts in the page, and triggers of htmx that are evaluated."""
    root = Path(__file__).parents[2]
    templates = [path for app in APPS for path in (root / app).rglob("*.html")]
    assert len(templates) > 20
    assert not [str(path) for path in templates if IN_THE_PAGE.search(path.read_text())]
