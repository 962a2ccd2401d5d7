"""docs/OCPP-2.1/coverage.md says what is true: cases, messages, and the size of the app."""

import re

import pytest

from ocpp_v21.version import VERSION
from tests.ocpp_v201.test_coverage import REPOSITORY

pytestmark = pytest.mark.embedded

TABLES = (REPOSITORY / "docs" / "OCPP-2.1" / "coverage.md").read_text()
CASE = re.compile(r"^\| TC_([A-S]_\d+)_CSMS \|.*\|.*\| (.*) \| (passes|not played) \|$", re.M)
MESSAGE = re.compile(r"^\| (\w+) \| (.*) \| `(tests/[\w/]+\.py)` \|$", re.M)
# Of part 5, edition 2.
CASES_OF_A_CSMS = 313


def played() -> set[str]:
    tests = REPOSITORY / "tests"
    files = [*tests.glob("conformance/test_ocpp201_*.py"), *tests.glob("ocpp_v21/test_cases_*.py")]
    found: list[str] = []
    for path in files:
        found += re.findall(r"^async def (test_tc_\w+)\(", path.read_text(), re.M)
    assert len(found) == len(set(found)), "two tests have one name"
    return set(found)


def test_every_case_is_listed_once() -> None:
    cases = [case for case, _, _ in CASE.findall(TABLES)]
    assert len(cases) == len(set(cases)) == CASES_OF_A_CSMS


def test_every_listed_test_exists_and_plays_its_case() -> None:
    for case, tests, result in CASE.findall(TABLES):
        names = set(re.findall(r"`(\w+)`", tests))
        assert bool(names) == (result == "passes"), case
        assert all(name.startswith(f"test_tc_{case.lower()}_csms_") for name in names), case
        assert names <= played(), case


def test_the_sum_is_right() -> None:
    results = [result for _, _, result in CASE.findall(TABLES)]
    assert f"{results.count('passes')} of {CASES_OF_A_CSMS} cases are played" in TABLES


def test_every_new_message_is_served_listed_and_seen_in_a_test() -> None:
    assert VERSION.extends is not None
    rows = {action: (who, path) for action, who, path in MESSAGE.findall(TABLES)}
    assert set(rows) == VERSION.schemas.actions - VERSION.extends.schemas.actions
    for action, (who, path) in rows.items():
        assert f'"{action}"' in (REPOSITORY / path).read_text(), action
        assert ("station" in who) == (action in VERSION.handlers), action
        assert ("CSMS" in who) == (action in VERSION.csms_actions), action
        assert set(re.findall(r"`(\w+)`", who)) <= set(VERSION.commands), action


def test_every_message_is_served_or_sent() -> None:
    assert VERSION.handlers.keys() | VERSION.csms_actions == VERSION.schemas.actions


def lines(app: str) -> int:
    return sum(len(path.read_text().splitlines()) for path in (REPOSITORY / app).rglob("*.py"))


def test_what_is_added_is_less_than_two_fifths_of_what_is_extended() -> None:
    assert lines("ocpp_v21") < 0.4 * lines("ocpp_v201")
