"""The files in deploy/: what they run and copy is there."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.warm_start import REPOSITORY

pytestmark = pytest.mark.embedded

DEPLOY = REPOSITORY / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
CONTAINERS = [DEPLOY / "docker" / "Dockerfile", DEPLOY / "docker" / "compose.yml"]


def commands(text: str) -> set[str]:
    """The management commands that a file runs, as words or as a list of words."""
    return set(re.findall(r"manage\.py\"?,? \"?(\w+)", text))


@pytest.mark.parametrize("path", [*UNITS, *CONTAINERS], ids=lambda path: path.name)
def test_every_command_that_is_run_exists(path: Path) -> None:
    found = commands(path.read_text())
    assert found
    assert found <= set(get_commands())


def test_every_part_of_an_installation_has_its_unit() -> None:
    found = set().union(*(commands(path.read_text()) for path in UNITS))
    assert found == {"migrate", "serve", "deliver_events", "prune"}
    compose = commands((DEPLOY / "docker" / "compose.yml").read_text())
    assert compose == {"migrate", "serve", "deliver_events", "prune"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_gives_its_process_no_more_than_it_needs(path: Path) -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    service = unit["Service"]
    assert service["User"] == "connect"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""


def test_the_image_has_every_app_and_does_not_run_as_root() -> None:
    text = (DEPLOY / "docker" / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?:--\S+ )?(\w+) \1$", text, re.MULTILINE))
    apps = {path.parent.name for path in REPOSITORY.glob("*/apps.py")}
    versions = {path.name for path in REPOSITORY.glob("ocpp_v*") if path.is_dir()}
    assert copied == apps | versions
    assert re.search(r"^USER connect$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_production_installs_nothing_of_the_tests() -> None:
    production = (REPOSITORY / "requirements.txt").read_text()
    development = (REPOSITORY / "requirements-dev.txt").read_text()
    assert "-r requirements.txt" in development
    for package in ("pytest", "selenium", "mypy", "hypothesis"):
        assert not re.search(rf"^{package}[=\[]", production, re.MULTILINE)
        assert re.search(rf"^{package}[=\[]", development, re.MULTILINE)
