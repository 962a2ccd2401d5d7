"""The documentation as a site (`make docs`): every page is in it, and what it loads is its own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.embedded

REPOSITORY = Path(__file__).resolve().parent.parent
CONFIGURATION = REPOSITORY / "docs_site" / "mkdocs.yml"
# What a browser loads by itself, unlike a link that somebody follows.
LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b(?![^>]*rel=[\"']?canonical)[^>]*href=[\"']?(?:https?:)?//"
    r"|@import|url\([\"']?(?:https?:)?//"
)


def named(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in named(part)]


def test_the_site_has_every_page_in_its_navigation_once() -> None:
    nav = named(yaml.safe_load(CONFIGURATION.read_text())["nav"])
    docs = REPOSITORY / "docs"
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")}
    elsewhere = {"index.md", "changelog.md", "benchmarks.md", "deploy/index.md"}
    assert sorted(nav) == sorted(pages | elsewhere)


@pytest.mark.slow
def test_the_site_is_built_with_every_link_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(CONFIGURATION)]
    built = subprocess.run(
        [*program, "--site-dir", tmp_path], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 30
    styles = list(tmp_path.rglob("*.css"))
    assert [path for path in (*pages, *styles) if LOADED.search(path.read_text())] == []
    # A file of the repository is where a page's link leads.
    assert (tmp_path / "files" / "deploy" / "nginx" / "gateway.conf").is_file()
    assert 'href="files/env.example"' in (tmp_path / "connect.html").read_text()
