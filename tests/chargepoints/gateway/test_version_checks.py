"""A version that leaves something out, or names it wrong, is refused before it is served."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks

from chargepoints.gateway import version_checks
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    OcppVersion,
    ResponseReading,
    installed_versions,
)
from connect_site.server import preflight
from connect_site.server.sockets import CannotStartError
from ocpp_v201.version import VERSION

HANDLER = Handler(lambda inbound, decision: {})
COMPOSE: Any = lambda unit, command: {}  # noqa: E731
READING = ResponseReading()


def adding(**of_a_block: Any) -> OcppVersion:
    return replace(VERSION, blocks=(*VERSION.blocks, Block(**of_a_block)))


def overriding(**of_a_block: Any) -> OcppVersion:
    return replace(VERSION, overrides=Block(**of_a_block))


MISSPELT = CommandTranslation("ClearCash", COMPOSE)
CLEAR_CACHE = CommandTranslation("ClearCache", COMPOSE)
WITHOUT_READINGS = replace(
    VERSION, blocks=tuple(replace(block, responses={}) for block in VERSION.blocks)
)


@pytest.mark.parametrize(
    ("broken", "id", "named"),
    [
        (adding(handlers={"Heartbeet": HANDLER}), "E001", "handles Heartbeet"),
        (replace(VERSION, csms_actions=VERSION.csms_actions | {"Rest"}), "E001", "send Rest"),
        (replace(VERSION, served_before_boot=frozenset({"Boot"})), "E001", "boot Boot"),
        (replace(VERSION, sent_while_pending=frozenset({"GetAll"})), "E001", "pending GetAll"),
        (adding(commands={"strat": CLEAR_CACHE}), "E002", "'strat'"),
        (adding(handlers={"Heartbeat": HANDLER}), "E003", "handles Heartbeat"),
        (adding(commands={"clear_cache": CLEAR_CACHE}), "E003", "translates clear_cache"),
        (adding(responses={"Reset": READING}), "E003", "the answer to Reset"),
        (overriding(handlers={"Reset": HANDLER}), "E004", "handles Reset"),
        (overriding(commands={"clear_cache": MISSPELT}), "E005", "ClearCash"),
        (adding(responses={"ClearCash": READING}), "E005", "ClearCash"),
        (WITHOUT_READINGS, "E006", "messagesInQueue, ongoingIndicator"),
    ],
)
def test_a_broken_version_is_refused(broken: OcppVersion, id: str, named: str) -> None:
    errors = version_checks.check(broken)
    assert {error.id for error in errors} == {f"chargepoints.{id}"}
    assert any(named in error.msg for error in errors), errors


@pytest.mark.parametrize("version", installed_versions().values())
def test_a_whole_version_is_taken(version: OcppVersion) -> None:
    assert version_checks.check(version) == []


def test_what_is_overridden_by_name_is_taken() -> None:
    version = overriding(handlers={"Heartbeat": HANDLER}, responses={"Reset": READING})
    assert version_checks.check(version) == []
    assert version.handlers["Heartbeat"] is HANDLER
    assert version.responses["Reset"] is READING


def test_neither_check_nor_serve_takes_a_broken_version(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = adding(handlers={"Heartbeet": HANDLER})
    monkeypatch.setattr(version_checks, "installed_versions", lambda: {"ocpp2.0.1": broken})
    assert "chargepoints.E001" in {error.id for error in run_checks()}
    with pytest.raises(CannotStartError, match=r"OCPP_VERSIONS: .*E001.* handles Heartbeet"):
        preflight.check_versions()
