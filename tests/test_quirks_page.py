"""The page about odd chargers names what shows each of them, and that exists."""

import re
from pathlib import Path

from chargepoints.services.stations.quirk_settings import SETTINGS

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = (REPOSITORY / "docs" / "quirks.md").read_text()
TRACES = {path.stem for path in (REPOSITORY / "tests/conformance/traces").glob("*.jsonl")}
ROWS = re.findall(r"^\| (?!What )(.+) \| (.+) \| (.+) \|$", PAGE, re.M)


def test_every_row_is_shown_by_a_trace_or_a_test() -> None:
    assert len(ROWS) > 40
    assert [seen for seen, _, shown in ROWS if not re.search(r"`\w+`", shown)] == []


def test_every_test_that_is_named_exists() -> None:
    texts = [path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py")]
    existing = {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}
    named = {name for *_, shown in ROWS for name in re.findall(r"`(test_\w+)`", shown)}
    assert named
    assert named - existing == set()


def test_every_trace_is_named_and_every_named_one_exists() -> None:
    named = {name for *_, shown in ROWS for name in re.findall(r"trace `(\w+)`", shown)}
    assert named == TRACES


def test_every_setting_is_named() -> None:
    assert [name for name in SETTINGS if f"`{name}`" not in PAGE] == []
