"""By which protocol a charge point is told to transfer a file, and what is kept of the URL."""

from collections.abc import Callable

import pytest

from chargepoints.models import ChargePoint, Command, FirmwareUpdate, Message, Upload
from tests.operated import OperatedCharger, Payload
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

FTP = "ftp://files.example.com"
URLS = {"ftp": "ftp://upload-", "http": "http://"}


async def diagnostics(cp: OperatedCharger, args: Payload | None = None) -> str:
    request, _ = await cp.command(
        "get_diagnostics", args or {}, "GetDiagnostics", {"fileName": "d.zip"}
    )
    return str(request["location"])


@pytest.fixture
def with_ftp(start_gateway: Callable[..., RunningGateway]) -> RunningGateway:
    return start_gateway(FTP_URL=FTP)


async def test_staff_say_how_a_charger_transfers_files_that_announces_nothing(
    with_ftp: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(with_ftp, identity) as cp:
        assert (await diagnostics(cp)).startswith(URLS["http"])
        ChargePoint.objects.filter(pk=cp.row.pk).update(file_transfer="ftp")
        assert (await diagnostics(cp)).startswith(URLS["ftp"])
        assert (await diagnostics(cp, {"transfer": "http"})).startswith(URLS["http"])


async def test_an_upload_that_failed_over_http_is_tried_over_ftp_once(
    with_ftp: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(with_ftp, identity) as cp:
        assert (await diagnostics(cp)).startswith(URLS["http"])
        await cp.call("DiagnosticsStatusNotification", {"status": "UploadFailed"})
        second = await cp.obey("GetDiagnostics", {"fileName": "d.zip"})
        assert second["location"].startswith(URLS["ftp"])
        await cp.call("DiagnosticsStatusNotification", {"status": "UploadFailed"})
        commands = Command.objects.filter(charge_point=cp.row, type="get_diagnostics")
        assert [each.state for each in commands] == ["no_effect", "no_effect"]


async def test_a_log_that_failed_over_http_is_tried_over_ftp_by_a_station_of_2_0_1(
    with_ftp: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(with_ftp, identity) as station:
        accepted = {"status": "Accepted", "filename": "log.zip"}
        request, _ = await station.command("get_log", {"log": "diagnostics"}, "GetLog", accepted)
        assert request["log"]["remoteLocation"].startswith(URLS["http"])
        failed = {"status": "UploadFailure", "requestId": request["requestId"]}
        await station.call("LogStatusNotification", failed)
        second = await station.obey("GetLog", accepted)
        assert second["log"]["remoteLocation"].startswith(URLS["ftp"])


@pytest.mark.parametrize("ftp", [False, True])
async def test_no_row_keeps_the_token_of_an_upload(
    with_ftp: RunningGateway, identity: str, ftp: bool
) -> None:
    async with await OperatedCharger.connect(with_ftp, identity) as cp:
        location = await diagnostics(cp, {"transfer": "ftp" if ftp else "http"})
        token = location.split(":")[2].split("@")[0] if ftp else location.split("/")[-2]
        assert len(token) == 32
        upload = Upload.objects.get(charge_point=cp.row)
        message = Message.objects.get(charge_point=cp.row, action="GetDiagnostics")
        command = Command.objects.get(charge_point=cp.row)
        for kept in (upload.location, message.request, str(command.request), str(command.args)):
            assert token not in kept
        assert "(not shown)" in upload.location and "(not shown)" in message.request


async def test_no_row_keeps_the_password_in_a_location_of_somebody_else(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"location": "ftp://staff:hush-hush@files.example.com/wall.bin"}
        request, _ = await cp.command("update_firmware", args, "UpdateFirmware", {})
        assert request["location"] == args["location"]
        update = FirmwareUpdate.objects.get(charge_point=cp.row)
        message = Message.objects.get(charge_point=cp.row, action="UpdateFirmware")
        command = Command.objects.get(charge_point=cp.row)
        for kept in (update.location, message.request, str(command.request), str(command.args)):
            assert "hush-hush" not in kept
