"""L Firmware management: the CSMS test cases of OCPP 2.0.1, part 6."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chargepoints.models import Command, FirmwareUpdate
from tests.operated import Payload, at
from tests.operated_station import TOKEN, OperatedStation

LATER = at(hours=-2)
SIGNED: Payload = {
    "location": "https://files.example.com/firmware.bin",
    "signing_certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "signature": "c2lnbmF0dXJl",
}
INSTALLING = ("Downloading", "Downloaded", "SignatureVerified", "Installing")


async def ask(
    station: OperatedStation, status: str = "Accepted", **args: Any
) -> tuple[int, Payload, Payload]:
    """Ask for a signed update; its request id, the firmware asked for, the command."""
    request, command = await station.command(
        "update_firmware", SIGNED | args, "UpdateFirmware", {"status": status}
    )
    firmware = request["firmware"]
    assert firmware["location"] == SIGNED["location"]
    assert firmware["signingCertificate"] == SIGNED["signing_certificate"]
    assert firmware["signature"] == SIGNED["signature"]
    return request["requestId"], firmware, command


async def tell(station: OperatedStation, number: int, *statuses: str) -> None:
    for status in statuses:
        payload = {"status": status, "requestId": number}
        assert await station.call("FirmwareStatusNotification", payload) == {}
        update = FirmwareUpdate.objects.get(charge_point=station.row, request_id=number)
        assert update.status == status


async def reboot(station: OperatedStation) -> None:
    assert (await station.boot("FirmwareUpdate"))["status"] == "Accepted"
    await station.connector_is("Available")


async def install(station: OperatedStation, number: int, command: Payload) -> None:
    await tell(station, number, *INSTALLING, "InstallRebooting")
    await reboot(station)
    await tell(station, number, "Installed")
    assert (await station.settled(command)).state == "effect_confirmed"


async def failed(station: OperatedStation, command: Payload, status: str) -> None:
    settled = await station.settled(command)
    assert (settled.state, settled.error_code) == ("no_effect", status)
    told = station.events("charge_point.firmware_status")[-1]
    assert told.data["status"] == status


async def test_tc_l_01_csms_installs(station: OperatedStation) -> None:
    number, _, command = await ask(station)
    await install(station, number, command)


async def test_tc_l_02_csms_installs_later(station: OperatedStation) -> None:
    number, firmware, command = await ask(station, install_at=LATER)
    assert firmware["installDateTime"] == LATER
    await tell(station, number, "Downloading", "Downloaded", "SignatureVerified")
    await tell(station, number, "InstallScheduled", "Installing", "InstallRebooting")
    await reboot(station)
    await tell(station, number, "Installed")
    assert (await station.settled(command)).state == "effect_confirmed"


async def test_an_update_for_next_week_is_waited_for(station: OperatedStation) -> None:
    _, _, command = await ask(station, install_at=at(days=-7))
    deadline = Command.objects.get(pk=command["id"]).effect_deadline
    assert deadline is not None and deadline > timezone.now() + timedelta(days=7)


async def test_tc_l_03_csms_downloads_later(station: OperatedStation) -> None:
    number, firmware, command = await ask(station, retrieve_at=LATER)
    assert firmware["retrieveDateTime"] == LATER
    await tell(station, number, "DownloadScheduled")
    await install(station, number, command)


async def refused(station: OperatedStation, status: str) -> None:
    number, _, command = await ask(station, status)
    assert (command["state"], command["error"]["code"]) == ("rejected", status)
    update = FirmwareUpdate.objects.get(charge_point=station.row, request_id=number)
    assert update.status == status


async def security_event(station: OperatedStation, type: str) -> None:
    event = {"type": type, "timestamp": at()}
    assert await station.call("SecurityEventNotification", event) == {}
    assert station.events("charge_point.security_event")[-1].data["type"] == type


async def test_tc_l_04_csms_certificate_is_revoked(station: OperatedStation) -> None:
    await refused(station, "RevokedCertificate")


async def test_tc_l_05_csms_certificate_is_invalid(station: OperatedStation) -> None:
    await refused(station, "InvalidCertificate")
    await security_event(station, "InvalidFirmwareSigningCertificate")


async def test_tc_l_06_csms_signature_is_invalid(station: OperatedStation) -> None:
    number, _, command = await ask(station)
    await tell(station, number, "Downloading", "Downloaded", "InvalidSignature")
    await failed(station, command, "InvalidSignature")
    await security_event(station, "InvalidFirmwareSignature")


async def test_tc_l_07_csms_download_fails(station: OperatedStation) -> None:
    number, _, command = await ask(station)
    await tell(station, number, "Downloading", "DownloadFailed")
    await failed(station, command, "DownloadFailed")


async def test_tc_l_08_csms_verification_fails(station: OperatedStation) -> None:
    number, _, command = await ask(station)
    await tell(station, number, *INSTALLING, "InstallVerificationFailed")
    await failed(station, command, "InstallVerificationFailed")


async def test_tc_l_09_csms_installation_fails(station: OperatedStation) -> None:
    number, _, command = await ask(station)
    await tell(station, number, *INSTALLING, "InstallRebooting")
    await reboot(station)
    await tell(station, number, "InstallationFailed")
    await failed(station, command, "InstallationFailed")


async def test_tc_l_10_csms_second_update_cancels_the_first(station: OperatedStation) -> None:
    number, _, first = await ask(station)
    await tell(station, number, "Downloading")
    number, _, second = await ask(station, "AcceptedCanceled")
    settled = await station.settled(first)
    assert (settled.state, settled.error_code) == ("no_effect", "AcceptedCanceled")
    await install(station, number, second)


async def test_tc_l_11_csms_first_update_cannot_be_cancelled(station: OperatedStation) -> None:
    number, _, first = await ask(station)
    await tell(station, number, "Downloading")
    _, _, second = await ask(station, "Rejected")
    assert second["state"] == "rejected"
    await tell(station, number, "Downloaded", "SignatureVerified", "Installing")
    await tell(station, number, "InstallRebooting")
    await reboot(station)
    await tell(station, number, "Installed")
    assert (await station.settled(first)).state == "effect_confirmed"


async def test_tc_l_13_csms_waits_for_the_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    number, _, command = await ask(station)
    await tell(station, number, "DownloadScheduled")
    await station.connector_is("Unavailable", 2)
    await charging.tell("Updated", "StopAuthorized", "EVConnected", idToken=TOKEN)
    await charging.tell("Ended", "EVCommunicationLost", "Idle")
    await install(station, number, command)


MD5 = "0123456789abcdef0123456789abcdef"
URL = "https://files.example.com/firmware.bin"


async def publish(station: OperatedStation) -> tuple[int, Payload]:
    request, command = await station.command(
        "publish_firmware",
        {"location": URL, "md5": MD5},
        "PublishFirmware",
        {"status": "Accepted"},
    )
    number = int(request.pop("requestId"))
    assert request == {"location": URL, "checksum": MD5}
    return number, command


async def tell_published(station: OperatedStation, number: int, *statuses: str) -> None:
    for status in statuses:
        payload: Payload = {"status": status, "requestId": number}
        if status == "Published":
            payload["location"] = ["http://10.0.0.1/firmware.bin"]
        assert await station.call("PublishFirmwareStatusNotification", payload) == {}
        assert station.events("charge_point.firmware_status")[-1].data["status"] == status


async def test_tc_l_17_csms_publishes(station: OperatedStation) -> None:
    number, command = await publish(station)
    await tell_published(
        station, number, "Downloading", "Downloaded", "ChecksumVerified", "Published"
    )
    assert (await station.settled(command)).state == "effect_confirmed"


async def not_published(station: OperatedStation, *statuses: str) -> None:
    number, command = await publish(station)
    await tell_published(station, number, *statuses)
    settled = await station.settled(command)
    assert (settled.state, settled.error_code) == ("no_effect", statuses[-1])


async def test_tc_l_24_csms_publishing_fails_to_download(station: OperatedStation) -> None:
    await not_published(station, "Downloading", "DownloadFailed")


async def test_tc_l_19_csms_published_checksum_is_wrong(station: OperatedStation) -> None:
    await not_published(station, "Downloading", "Downloaded", "InvalidChecksum")


async def test_tc_l_20_csms_publishing_fails(station: OperatedStation) -> None:
    await not_published(station, "Downloading", "Downloaded", "ChecksumVerified", "PublishFailed")


async def test_where_it_was_published_is_the_commands_result(station: OperatedStation) -> None:
    number, command = await publish(station)
    await tell_published(station, number, "Downloading", "Published")
    assert (await station.settled(command)).result == [
        {"status": "Downloading"},
        {"status": "Published", "location": ["http://10.0.0.1/firmware.bin"]},
    ]


@pytest.mark.parametrize(
    ("type", "args"), [("publish_firmware", {"location": URL}), ("unpublish_firmware", {})]
)
async def test_what_is_published_has_a_name_or_a_checksum(
    station: OperatedStation, type: str, args: Payload
) -> None:
    assert (await station.refuses(type, args))["code"] == "invalid_args"


async def unpublish(station: OperatedStation, status: str) -> Payload:
    request, command = await station.command(
        "unpublish_firmware", {"md5": MD5}, "UnpublishFirmware", {"status": status}
    )
    assert request == {"checksum": MD5}
    return command


async def test_tc_l_21_csms_unpublishes(station: OperatedStation) -> None:
    assert (await unpublish(station, "Unpublished"))["state"] == "accepted"


async def test_tc_l_22_csms_unpublishes_what_is_not_there(station: OperatedStation) -> None:
    assert (await unpublish(station, "NoFirmware"))["state"] == "accepted"


async def test_tc_l_23_csms_unpublishes_during_a_download(station: OperatedStation) -> None:
    command = await unpublish(station, "DownloadOngoing")
    assert (command["state"], command["error"]["code"]) == ("rejected", "DownloadOngoing")


async def test_tc_f_18_csms_triggers_the_firmware_status(station: OperatedStation) -> None:
    await station.command(
        "trigger",
        {"message": "FirmwareStatusNotification"},
        "TriggerMessage",
        {"status": "Accepted"},
    )
    assert await station.call("FirmwareStatusNotification", {"status": "Idle"}) == {}
