"""A version of OCPP is one app and one line of settings: shown with one that nobody has yet."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chargepoints.models import ChargingProfile, IdToken
from tests.fakes import frames
from tests.operated import Payload, at
from tests.operated_station import BOOT, OperatedStation
from tests.running_gateway import RunningGateway
from tests.warm_start import REPOSITORY

SETTINGS = """
from connect_site.settings import *

OCPP_VERSIONS = {"ocpp2.1": "tests.fakes.ocpp_v21.VERSION", **OCPP_VERSIONS}
"""
ACCEPTED: Payload = {"status": "Accepted"}


@pytest.fixture
def settings_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The product's settings and the one line, for a server process to start with."""
    (tmp_path / "settings_with_21.py").write_text(SETTINGS)
    return "settings_with_21"


@pytest.fixture
async def station(
    start_gateway: Callable[..., RunningGateway],
    settings_module: str,
    tmp_path: Path,
    identity: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[OperatedStation]:
    """A station that speaks the version which extends 2.0.1."""
    monkeypatch.setitem(frames.SCHEMA_FOLDERS, "2.1", "v21")
    monkeypatch.setitem(frames.VERSION_OF_SUBPROTOCOL, "ocpp2.1", "2.1")
    monkeypatch.setitem(frames.ERROR_CODES, "2.1", frames.ERROR_CODES_201)
    gateway = start_gateway(
        DJANGO_SETTINGS_MODULE=settings_module, PYTHONPATH=f"{tmp_path}:{REPOSITORY}"
    )
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1", boot=None) as station:
        assert station.charger.subprotocol == "ocpp2.1"
        assert (await station.call("BootNotification", BOOT))["status"] == "Accepted"
        yield station


async def test_a_version_inherits_adds_and_overrides(station: OperatedStation) -> None:
    _, command = await station.command("clear_cache", {}, "ClearCache", ACCEPTED)
    assert (command["state"], command["ocpp"]["version"]) == ("accepted", "2.1")
    told = {"transactionId": "1", "activated": True}
    assert await station.call("NotifyPriorityCharging", told) == {}
    request, _ = await station.command(
        "set_availability", {"availability": "operative"}, "ChangeAvailability", ACCEPTED
    )
    assert request == {"operationalStatus": "Inoperative"}
    # What it has schemas for, and no block handles.
    payload = {"transactionId": "1", "status": "Settled"}
    assert await station.refused("NotifySettlement", payload) == "NotSupported"


async def test_limits_and_names_of_a_version_are_its_own(station: OperatedStation) -> None:
    group, message = "G" * 255, "m" * 1024
    card = IdToken.objects.create(
        value=station.row.identity, group_id_token=group, personal_message=message
    )
    token = {"idToken": card.value, "type": "A type of 2.1"}
    info = (await station.call("Authorize", {"idToken": token}))["idTokenInfo"]
    assert info["groupIdToken"]["idToken"] == group
    assert info["personalMessage"]["content"] == message
    network = {"slot": 1, "url": "ws://core.example", "security_profile": 1}
    request, _ = await station.command(
        "set_network_profile", network, "SetNetworkProfile", ACCEPTED
    )
    assert request["connectionData"]["ocppVersion"] == "OCPP21"
    await station.command(
        "trigger", {"message": "SignV2G20Certificate"}, "TriggerMessage", ACCEPTED
    )
    refused = await station.refuses("trigger", {"message": "Authorize"})
    assert refused["detail"] == "OCPP 2.1 cannot trigger Authorize"


async def test_a_period_may_have_no_limit(station: OperatedStation) -> None:
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "startSchedule": at(),
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}, {"startPeriod": 60}],
    }
    payload = {"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS"}}
    assert (
        await station.call("NotifyChargingLimit", payload | {"chargingSchedule": [schedule]}) == {}
    )
    stored = ChargingProfile.objects.get(charge_point=station.row)
    assert stored.profile["periods"] == [{"start_s": 0, "limit": 6.0}, {"start_s": 60}]
    answered = {
        "evseId": 1,
        "duration": 300,
        "scheduleStart": schedule["startSchedule"],
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": schedule["chargingSchedulePeriod"],
    }
    _, command = await station.command(
        "get_composite_schedule",
        {"evse_id": 1, "duration_s": 300, "unit": "A"},
        "GetCompositeSchedule",
        ACCEPTED | {"schedule": answered},
    )
    assert command["result"]["as_expected"], command["result"]
    assert command["result"]["expected"][-1]["limit"] is None
