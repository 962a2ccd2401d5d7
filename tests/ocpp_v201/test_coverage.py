"""docs/OCPP-2.0.1/coverage.md says what is so: its tests exist, and nothing is left out."""

import re
from pathlib import Path

from ocpp_v201.version import VERSION

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TABLES = (REPOSITORY / "docs" / "OCPP-2.0.1" / "coverage.md").read_text()
CASE = re.compile(r"^\| TC_([A-P]_\d\d)_CSMS \|.*\|.*\| (.*) \| (passes|not played) \|$", re.M)
MESSAGE = re.compile(r"^\| (\w+) \| (.*) \| `(tests/[\w/]+\.py)` \|$", re.M)
# 250 of part 6, and TC_B_58 of the errata.
CASES_OF_A_CSMS = 251


def played() -> set[str]:
    """The functions of the conformance tests that play a case."""
    folder = REPOSITORY / "tests" / "conformance"
    found: list[str] = []
    for path in folder.glob("test_ocpp201_*.py"):
        found += re.findall(r"^async def (test_tc_\w+)\(", path.read_text(), re.M)
    assert len(found) == len(set(found)), "two tests have one name"
    return set(found)


def test_every_case_is_listed_once() -> None:
    cases = [case for case, _, _ in CASE.findall(TABLES)]
    assert len(cases) == len(set(cases)) == CASES_OF_A_CSMS


def test_every_listed_test_exists_and_plays_its_case() -> None:
    listed: set[str] = set()
    for case, tests, result in CASE.findall(TABLES):
        names = re.findall(r"`(\w+)`", tests)
        assert bool(names) == (result == "passes"), case
        assert all(name.startswith(f"test_tc_{case.lower()}_csms_") for name in names), case
        listed |= set(names)
    assert listed == played()


def test_the_sum_is_right() -> None:
    results = [result for _, _, result in CASE.findall(TABLES)]
    assert f"{results.count('passes')} of {CASES_OF_A_CSMS} cases are played" in TABLES


def test_every_message_is_served_listed_and_seen_in_a_test() -> None:
    rows = {action: (who, path) for action, who, path in MESSAGE.findall(TABLES)}
    assert set(rows) == VERSION.schemas.actions
    for action, (who, path) in rows.items():
        assert f'"{action}"' in (REPOSITORY / path).read_text(), action
        assert ("station" in who) == (action in VERSION.handlers), action
        types = {type for type, each in VERSION.commands.items() if each.action == action}
        assert set(re.findall(r"`(\w+)`", who)) == types, action


def test_what_a_csms_may_send_is_what_it_has_commands_for() -> None:
    assert {each.action for each in VERSION.commands.values()} == VERSION.csms_actions


def test_every_test_beyond_the_cases_exists() -> None:
    _, beyond = TABLES.split("## Beyond the cases")
    named = re.findall(r"`(test_\w+)` \|$", beyond, re.M)
    code = "".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    assert len(named) == beyond.count("| `test_") > 0
    assert [name for name in named if f"def {name}(" not in code] == []
