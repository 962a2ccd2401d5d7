"""The page of promises names tests that exist, and leaves no promise without one."""

import re

import pytest

from tests.warm_start import REPOSITORY

pytestmark = pytest.mark.embedded

PAGE = (REPOSITORY / "docs" / "promises.md").read_text()


def rows(*headings: str) -> list[str]:
    """The rows of the tables under these headings."""
    found = []
    for heading in headings:
        section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        found += [line for line in section.splitlines() if re.match(r"\| [^-]", line)][1:]
    return found


def test_every_test_that_is_named_exists() -> None:
    sources = [path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py")]
    written = {name for source in sources for name in re.findall(r"def (test_\w+)", source)}
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named - written == set()


def test_every_promise_names_a_test() -> None:
    promises = rows("To chargers", "To core", "To operators")
    assert [row.split("|")[1].strip() for row in promises] == [f"P{n}" for n in range(1, 17)]
    named = [*promises, *rows("Security", "The faults", "The mutants")]
    assert [row for row in named if "`test_" not in row] == []
