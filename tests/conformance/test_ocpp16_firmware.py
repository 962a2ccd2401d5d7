"""OCPP 1.6 test cases of a central system: firmware management."""

import asyncio

import requests

from chargepoints.models import FirmwareUpdate, Upload
from tests.operated import BOOT_16, OperatedCharger, Payload, at, eventually
from tests.running_gateway import RunningGateway

LOCATION = "https://files.example.com/firmware.bin"


async def update(cp: OperatedCharger) -> None:
    when = at(minutes=-5)
    request, command = await cp.command(
        "update_firmware",
        {"location": LOCATION, "retrieve_at": when, "retries": 2, "retry_interval_s": 60},
        "UpdateFirmware",
        {},
    )
    assert request == {
        "location": LOCATION,
        "retrieveDate": when,
        "retries": 2,
        "retryInterval": 60,
    }
    assert command["state"] == "accepted"


async def tell(cp: OperatedCharger, *statuses: str) -> None:
    for status in statuses:
        assert await cp.call("FirmwareStatusNotification", {"status": status}) == {}


def outcome(cp: OperatedCharger) -> tuple[str, str]:
    """The update's last status, and the command's state as core was told it."""
    (finished,) = cp.events("command.finished")
    known = FirmwareUpdate.objects.get(charge_point=cp.row)
    assert known.finished_at is not None
    return known.status, finished.data["state"]


async def test_044_1_firmware_update(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await update(cp)
        await tell(cp, "Downloading", "Downloaded")
        await cp.status(1, "Unavailable")
        await tell(cp, "Installing")
        await cp.reconnect()
        boot = await cp.call("BootNotification", BOOT_16 | {"firmwareVersion": "2.0"})
        assert boot["status"] == "Accepted"
        await cp.status(1, "Available")
        await tell(cp, "Installed")
        assert outcome(cp) == ("Installed", "effect_confirmed")
        told = [event.data["status"] for event in cp.events("charge_point.firmware_status")]
        assert told == ["Downloading", "Downloaded", "Installing", "Installed"]
        assert cp.known().firmware_version == "2.0"


async def test_044_2_firmware_download_failed(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await update(cp)
        await tell(cp, "Downloading", "DownloadFailed")
        assert outcome(cp) == ("DownloadFailed", "no_effect")


async def test_044_3_firmware_installation_failed(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await update(cp)
        await tell(cp, "Downloading", "Downloaded", "Installing", "InstallationFailed")
        assert outcome(cp) == ("InstallationFailed", "no_effect")


async def ask_diagnostics(cp: OperatedCharger) -> tuple[Payload, asyncio.Task[requests.Response]]:
    args = {"since": at(hours=2), "until": at(hours=1), "retries": 1}
    posted = asyncio.create_task(cp.post("get_diagnostics", args, wait="effect"))
    request = await cp.obey("GetDiagnostics", {"fileName": "diagnostics.log"})
    assert (request["startTime"], request["stopTime"]) == (args["since"], args["until"])
    return request, posted


async def test_045_1_get_diagnostics(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, posted = await ask_diagnostics(cp)
        assert await cp.call("DiagnosticsStatusNotification", {"status": "Uploading"}) == {}
        location = request["location"] + "diagnostics.log"
        answer = await asyncio.to_thread(requests.put, location, data=b"log" * 1000, timeout=20)
        assert answer.status_code == 201
        assert await cp.call("DiagnosticsStatusNotification", {"status": "Uploaded"}) == {}
        assert (await posted).json()["state"] == "effect_confirmed"
        kept = Upload.objects.get(charge_point=cp.row)
        assert (kept.status, kept.size, kept.file_name) == ("Uploaded", 3000, "diagnostics.log")
        (event,) = cp.events("charge_point.diagnostics_uploaded")
        assert event.data["size"] == 3000


async def test_045_2_get_diagnostics_upload_failed(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, posted = await ask_diagnostics(cp)
        await cp.call("DiagnosticsStatusNotification", {"status": "Uploading"})
        await cp.call("DiagnosticsStatusNotification", {"status": "UploadFailed"})
        await eventually(lambda: Upload.objects.get(charge_point=cp.row).status == "UploadFailed")
        command = (await posted).json()
        assert (command["state"], command["error"]["code"]) == ("no_effect", "UploadFailed")
