"""Neutral commands mean the same where the versions' messages are not alike."""

import asyncio

import pytest

from chargepoints.models import ChargingProfile
from tests.conformance.profiles_v201 import DEFAULT, set_profile
from tests.operated import OperatedCharger, at
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}


async def test_diagnostics_are_a_log(station: OperatedStation) -> None:
    since = at(hours=1)
    request, command = await station.command(
        "get_diagnostics", {"since": since}, "GetLog", ACCEPTED
    )
    assert request["logType"] == "DiagnosticsLog"
    assert request["log"]["oldestTimestamp"] == since
    uploaded = {"status": "UploadFailure", "requestId": request["requestId"]}
    assert await station.call("LogStatusNotification", uploaded) == {}
    assert (await station.settled(command)).state == "no_effect"


async def test_certificates_are_listed_as_the_command_to_delete_them_takes_them(
    gateway: RunningGateway, station: OperatedStation
) -> None:
    hash_data = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "a1" * 32,
        "issuerKeyHash": "b2" * 32,
        "serialNumber": "1f",
    }
    chain = {"certificateType": "CSMSRootCertificate", "certificateHashData": hash_data}
    uses = {"uses": ["csms_root"]}
    async with await OperatedCharger.connect(gateway, f"{station.row.identity}-16") as charger:
        of_16 = {"certificateHashData": [hash_data]}
        of_201 = {"certificateHashDataChain": [chain]}
        for cp, answer in ((charger, of_16), (station, of_201)):
            _, command = await cp.command(
                "get_certificates", uses, "GetInstalledCertificateIds", ACCEPTED | answer
            )
            (found,) = command["result"]["certificates"]
            assert found.pop("use") == "csms_root"
            request, _ = await cp.command(
                "delete_certificate", found, "DeleteCertificate", ACCEPTED
            )
            assert request == {"certificateHashData": hash_data}


async def test_the_trigger_of_a_certificate_has_one_name(
    gateway: RunningGateway, station: OperatedStation
) -> None:
    args = {"message": "SignChargingStationCertificate"}
    async with await OperatedCharger.connect(gateway, f"{station.row.identity}-16") as charger:
        of_16, _ = await charger.command("trigger", args, "ExtendedTriggerMessage", ACCEPTED)
    of_201, _ = await station.command("trigger", args, "TriggerMessage", ACCEPTED)
    assert of_16 == {"requestedMessage": "SignChargePointCertificate"}
    assert of_201 == {"requestedMessage": "SignChargingStationCertificate"}


async def test_a_configuration_without_names_is_a_report(station: OperatedStation) -> None:
    request, command = await station.command("get_configuration", {}, "GetBaseReport", ACCEPTED)
    assert request["reportBase"] == "ConfigurationInventory"
    assert command["ocpp"]["response"] == ACCEPTED
    variable = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "variableAttribute": [{"value": "60"}],
    }
    part = {"requestId": request["requestId"], "generatedAt": at(), "seqNo": 0}
    assert await station.call("NotifyReport", part | {"reportData": [variable]}) == {}
    assert (await station.settled(command)).state == "effect_confirmed"
    known = (await station.http("GET", "configuration")).json()["results"]
    assert [(each["key"], each["reported"]) for each in known] == [
        ("OCPPCommCtrlr.HeartbeatInterval", "60")
    ]


async def test_all_profiles_are_asked_for_by_their_sources(station: OperatedStation) -> None:
    """K09.FR.03: a request has a criterion at least."""
    request, _ = await station.command(
        "get_charging_profiles", {}, "GetChargingProfiles", {"status": "NoProfiles"}
    )
    assert set(request["chargingProfile"]) == {"chargingLimitSource"}
    assert set(request["chargingProfile"]["chargingLimitSource"]) == {"CSO", "EMS", "Other", "SO"}


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["Unknown", "Accepted", "Unknown"], "accepted"),
        (["Unknown", "Unknown", "Unknown"], "rejected"),
    ],
)
async def test_all_profiles_are_cleared_by_their_purposes(
    station: OperatedStation, statuses: list[str], state: str
) -> None:
    """K10.FR.02: a request has a criterion at least."""
    await set_profile(station, 1, DEFAULT)
    posted = asyncio.create_task(station.post("clear_charging_profile", {}, wait="ack"))
    criteria = [
        (await station.obey("ClearChargingProfile", {"status": status}))["chargingProfileCriteria"]
        for status in statuses
    ]
    assert criteria == [
        {"chargingProfilePurpose": "ChargingStationMaxProfile"},
        {"chargingProfilePurpose": "TxDefaultProfile"},
        {"chargingProfilePurpose": "TxProfile"},
    ]
    assert (await posted).json()["state"] == state
    assert not ChargingProfile.objects.filter(charge_point=station.row).exists()
