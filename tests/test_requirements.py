"""What is installed is locked: each package at one version, with the hashes of its files."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded

REPOSITORY = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.+!-]+)", re.M)
ONLY_DEVELOPMENT = {"selenium", "mypy", "pytest", "ruff", "schemathesis"}


def pinned(name: str) -> set[tuple[str, str]]:
    text = (REPOSITORY / name).read_text()
    return {(found[1].lower().replace("_", "-"), found[2]) for found in PINNED.finditer(text)}


@pytest.mark.parametrize("name", ["requirements", "requirements-tracing", "requirements-dev"])
def test_what_is_required_is_locked_at_the_same_version(name: str) -> None:
    """After a change of the requirements: `make lock`."""
    assert pinned(f"{name}.txt")
    assert pinned(f"{name}.txt") - pinned(f"{name}.lock") == set()
    assert pinned("requirements.lock") - pinned("requirements-tracing.lock") == set()
    assert pinned("requirements-tracing.lock") - pinned("requirements-dev.lock") == set()


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-tracing.lock", "requirements-dev.lock"]
)
def test_each_file_that_may_be_installed_is_known_by_its_hash(name: str) -> None:
    entries = re.split(r"\n(?=\w)", (REPOSITORY / name).read_text().strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_production_has_nothing_of_development() -> None:
    assert {name for name, _ in pinned("requirements.lock")} & ONLY_DEVELOPMENT == set()
