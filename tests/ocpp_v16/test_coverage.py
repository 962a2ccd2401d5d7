"""The page that says what of OCPP 1.6 is covered says the truth, and all of it."""

import re
from functools import cache
from pathlib import Path

from ocpp_v16.version import VERSION
from tests.ocpp_v16.configuration_keys import KEYS, SECRET_KEYS

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "OCPP-1.6" / "coverage.md"
FROM, TO, CONFIGURATION, CASES = (
    "Messages of the charge point",
    "Messages to the charge point",
    "Configuration keys",
    "Test cases",
)
CASE_COUNT = 77


@cache
def sections() -> dict[str, list[list[str]]]:
    """The rows of the table in each section, cell by cell."""
    found: dict[str, list[list[str]]] = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        rows = re.findall(r"^\| (.*) \|$", text, re.M)[1:]
        found[title] = [[cell.strip() for cell in row.split("|")] for row in rows]
    return found


@cache
def existing_tests() -> frozenset[str]:
    texts = (path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    return frozenset(name for text in texts for name in re.findall(r"def (test_\w+)\(", text))


def first_cells(title: str) -> set[str]:
    return {row[0] for row in sections()[title]}


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    assert len(named) > 80
    assert named <= existing_tests(), named - existing_tests()


def test_every_row_names_a_test() -> None:
    rows = [row for table in sections().values() for row in table]
    assert rows
    assert [row for row in rows if not re.fullmatch(r"`test_\w+`", row[-1])] == []


def test_every_message_that_is_served_is_listed() -> None:
    assert first_cells(FROM) == set(VERSION.handlers)


def test_every_message_that_can_be_sent_is_listed() -> None:
    assert first_cells(TO) == VERSION.csms_actions


def test_every_command_of_this_version_is_listed() -> None:
    named = {command for row in sections()[TO] for command in re.findall(r"\w+", row[1].strip("`"))}
    assert named == set(VERSION.commands)


def test_every_message_of_the_specification_is_served_or_sent() -> None:
    assert set(VERSION.handlers) | VERSION.csms_actions == VERSION.schemas.actions


def test_every_configuration_key_is_listed() -> None:
    keys = {key for profile in KEYS.values() for key in profile}
    keys |= {key for profile in SECRET_KEYS.values() for key in profile}
    assert first_cells(CONFIGURATION) == keys


def test_every_case_is_listed_with_a_test_of_its_number() -> None:
    rows = sections()[CASES]
    assert len({row[0] for row in rows}) == CASE_COUNT
    assert [row for row in rows if not row[1].startswith(f"`test_{row[0]}_")] == []
