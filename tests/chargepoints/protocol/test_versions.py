"""A version of OCPP is one app and one line of settings: shown with one that nobody has yet."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import frames
from tests.operated_station import BOOT, OperatedStation
from tests.running_gateway import RunningGateway
from tests.warm_start import REPOSITORY

SETTINGS = """
from connect_site.settings import *

OCPP_VERSIONS = {"ocpp2.1": "tests.fakes.ocpp_v21.VERSION", **OCPP_VERSIONS}
"""


@pytest.fixture
def settings_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The product's settings and the one line, for a server process to start with."""
    (tmp_path / "settings_with_21.py").write_text(SETTINGS)
    return "settings_with_21"


async def test_a_version_is_one_app_and_one_line(
    start_gateway: Callable[..., RunningGateway],
    settings_module: str,
    tmp_path: Path,
    identity: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(frames.SCHEMA_FOLDERS, "2.1", "v201")
    monkeypatch.setitem(frames.VERSION_OF_SUBPROTOCOL, "ocpp2.1", "2.1")
    monkeypatch.setitem(frames.ERROR_CODES, "2.1", frames.ERROR_CODES_201)
    gateway = start_gateway(
        DJANGO_SETTINGS_MODULE=settings_module, PYTHONPATH=f"{tmp_path}:{REPOSITORY}"
    )
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1", boot=None) as station:
        assert station.charger.subprotocol == "ocpp2.1"
        answer = await station.call("BootNotification", BOOT)
        assert answer["status"] == "Accepted"
        assert await station.refused("Authorize", {}) == "NotSupported"
        answer = {"status": "Accepted"}
        request, command = await station.command("clear_cache", {}, "ClearCache", answer)
        assert request == {}
        assert (command["state"], command["ocpp"]["version"]) == ("accepted", "2.1")
        response = await station.post("reset", {})
        assert (response.status_code, response.json()["code"]) == (409, "not_supported")
