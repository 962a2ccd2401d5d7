"""Files over HTTP: firmware by secret URLs, uploads to URLs that take one file."""

import asyncio
import hashlib
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.utils import timezone

from chargepoints.models import FirmwareFile, FirmwareLink, Upload
from chargepoints.services.files import hosting
from tests.operated import OperatedCharger, Payload
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

IMAGE = bytes(range(256)) * 1000


@pytest.fixture
def files(gateway: RunningGateway, settings: pytest.FixtureRequest) -> None:
    """This process keeps files where the gateway does."""
    settings.MEDIA_ROOT = gateway.environment["FILES_DIRECTORY"]  # type: ignore[attr-defined]


async def http(method: str, url: str, **more: object) -> requests.Response:
    return await asyncio.to_thread(requests.request, method, url, timeout=20, **more)  # type: ignore[arg-type]


async def offered(cp: OperatedCharger, firmware: FirmwareFile) -> Payload:
    request, _ = await cp.command(
        "update_firmware", {"firmware": firmware.name}, "UpdateFirmware", {}
    )
    return request


def image(identity: str) -> FirmwareFile:
    return hosting.add_firmware(f"{identity}.bin", io.BytesIO(IMAGE))


async def place(cp: OperatedCharger) -> str:
    """An upload URL."""
    request, _ = await cp.command("get_diagnostics", {}, "GetDiagnostics", {"fileName": "d.zip"})
    return str(request["location"])


@pytest.mark.usefixtures("files")
async def test_a_hosted_firmware_is_fetched_by_the_url_in_the_request(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        firmware = image(identity)
        request = await offered(cp, firmware)
        answer = await http("GET", request["location"])
        assert answer.content == IMAGE
        assert firmware.size == len(IMAGE)
        assert FirmwareLink.objects.get(firmware=firmware).fetched == 1


@pytest.mark.usefixtures("files")
async def test_a_hosted_firmware_is_published_by_its_name(
    gateway: RunningGateway, identity: str
) -> None:
    """2.0.1 L03, L04: under its MD5, also where that was not measured when it was uploaded."""
    async with await OperatedStation.connect(gateway, identity) as station:
        firmware = image(identity)
        FirmwareFile.objects.filter(pk=firmware.pk).update(md5="")
        named = {"firmware": firmware.name}
        request, _ = await station.command(
            "publish_firmware", named, "PublishFirmware", {"status": "Accepted"}
        )
        md5 = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()
        assert (request["checksum"], firmware.md5) == (md5, md5)
        assert (await http("GET", request["location"])).content == IMAGE
        request, _ = await station.command(
            "unpublish_firmware", named, "UnpublishFirmware", {"status": "Unpublished"}
        )
        assert request == {"checksum": md5}


@pytest.mark.usefixtures("files")
async def test_a_broken_download_goes_on_where_it_was(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request = await offered(cp, image(identity))
        answer = await http("GET", request["location"], headers={"Range": "bytes=255000-"})
        assert answer.status_code == 206
        assert answer.content == IMAGE[255000:]
        assert answer.headers["Content-Range"] == "bytes 255000-255999/256000"


@pytest.mark.usefixtures("files")
async def test_a_firmware_url_ends(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        firmware = image(identity)
        request = await offered(cp, firmware)
        past = timezone.now() - timedelta(seconds=1)
        FirmwareLink.objects.filter(firmware=firmware).update(expires_at=past)
        assert (await http("GET", request["location"])).status_code == 404


async def test_a_guessed_url_is_not_found(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity):
        guess = "a" * 32
        fetched = await http("GET", f"{gateway.http}/files/firmware/{guess}/x.bin")
        brought = await http("PUT", f"{gateway.http}/files/uploads/{guess}/", data=b"x")
        assert (fetched.status_code, brought.status_code) == (404, 404)


async def test_an_unknown_firmware_file_refuses_the_command(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        command = await cp.finished("update_firmware", {"firmware": "no such file"})
        assert (command["state"], command["error"]["code"]) == ("rejected", "invalid_args")


async def test_an_upload_url_takes_one_file_only(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        url = await place(cp)
        assert (await http("PUT", url, data=b"first")).status_code == 201
        assert (await http("PUT", url, data=b"second")).status_code == 409
        assert Upload.objects.get(charge_point=cp.row).size == 5


async def test_an_upload_url_ends(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        url = await place(cp)
        Upload.objects.filter(charge_point=cp.row).update(expires_at=timezone.now())
        assert (await http("PUT", url, data=b"late")).status_code == 404


async def test_a_form_is_taken_as_well_as_a_body(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        url = await place(cp)
        form = {"file": ("../../etc/passwd", b"content of the form")}
        assert (await http("POST", url, files=form)).status_code == 201
        kept = Upload.objects.get(charge_point=cp.row)
        assert (kept.file_name, kept.size) == ("passwd", 19)


async def test_the_chargers_name_for_a_file_is_never_a_path(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        url = await place(cp)
        assert (await http("PUT", f"{url}..%2F..%2Fescape.txt", data=b"x")).status_code == 201
        kept = Upload.objects.get(charge_point=cp.row)
        assert kept.file_name == "escape.txt"
        stored = Path(gateway.environment["FILES_DIRECTORY"]) / str(kept.file)
        assert stored.read_bytes() == b"x"
        assert re.fullmatch(rf"uploads/{cp.row.pk}/\w+", str(kept.file))


async def test_a_file_name_glued_to_the_url_without_a_slash_is_taken(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        url = await place(cp)
        assert (await http("PUT", f"{url.rstrip('/')}log.txt", data=b"x")).status_code == 201


async def test_a_file_above_the_limit_is_refused_and_not_kept(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        url = await place(cp)
        answer = await http("PUT", url, data=b"x" * (51 * 1024 * 1024))
        assert answer.status_code == 413
        assert Upload.objects.get(charge_point=cp.row).received_at is None


async def test_uploads_are_not_for_everybody(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await http("PUT", await place(cp), data=b"secret")
        pk = Upload.objects.get(charge_point=cp.row).pk
        answer = await http("GET", f"{gateway.http}/files/received/{pk}", allow_redirects=False)
        assert answer.status_code == 302
