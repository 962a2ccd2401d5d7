"""A version of OCPP is one app and one line of settings: shown with one that extends another."""

from collections.abc import AsyncIterator

import pytest

from chargepoints.models import ChargingProfile
from chargepoints.protocol.versions import installed_versions
from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED: Payload = {"status": "Accepted"}


@pytest.fixture
async def station(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedStation]:
    """A station that speaks a version which extends another."""
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1") as station:
        assert station.charger.subprotocol == "ocpp2.1"
        yield station


async def test_a_version_inherits(station: OperatedStation) -> None:
    _, command = await station.command("clear_cache", {}, "ClearCache", ACCEPTED)
    assert (command["state"], command["ocpp"]["version"]) == ("accepted", "2.1")


async def test_limits_and_names_of_a_version_are_its_own(
    station: OperatedStation, core: FakeCore
) -> None:
    group, message = "G" * 255, "m" * 1024
    said = {"status": "accepted", "group_id_token": group, "personal_message": message}
    core.decisions.tokens[station.row.identity] = said
    token = {"idToken": station.row.identity, "type": "A type of 2.1"}
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


def test_a_later_version_can_do_without_what_the_earlier_one_could() -> None:
    for version in installed_versions().values():
        if version.extends is None:
            continue
        for action, earlier in version.extends.handlers.items():
            later = version.handlers[action]
            assert earlier.dispensable <= later.dispensable, action
            assert earlier.about_transactions == later.about_transactions, action
        for action, reading in version.extends.responses.items():
            assert reading.dispensable <= version.responses[action].dispensable, action
