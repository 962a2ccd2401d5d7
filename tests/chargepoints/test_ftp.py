"""The FTP side-car: one-time logins for one file each, always binary."""

import ftplib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.test import override_settings
from django.utils import timezone

from chargepoints.models import FirmwareLink, Upload
from chargepoints.services.files import hosting
from tests.operated import OperatedCharger, Payload, eventually
from tests.running_gateway import RunningGateway, free_port
from tests.warm_start import ManagePy

CONTENT = bytes(range(256)) * 40 + b"\r\n\n\r"


@contextmanager
def side_car(gateway: RunningGateway, port: int, *options: str) -> Iterator[None]:
    log = gateway.log.with_name("ftp.log")
    process = ManagePy(["ftp_server", "--port", str(port), *options], gateway.environment, log)
    deadline = time.monotonic() + 20
    try:
        while not accepts(port):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def accepts(port: int) -> bool:
    try:
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", port, timeout=5)
    except OSError:
        return False
    return True


async def place(cp: OperatedCharger, protocols: str) -> str:
    """Where a charger that speaks these protocols is told to put its diagnostics."""
    key: Payload = {"key": "SupportedFileTransferProtocols", "readonly": True, "value": protocols}
    await cp.command("get_configuration", {}, "GetConfiguration", {"configurationKey": [key]})
    request, _ = await cp.command("get_diagnostics", {}, "GetDiagnostics", {"fileName": "d.zip"})
    return str(request["location"])


def put(location: str, name: str = "d.zip", password: str | None = None) -> str:
    """Upload as a charger does, in ASCII mode as some ask for; the server's last word."""
    parts = urlsplit(location)
    with ftplib.FTP(timeout=10) as ftp:
        ftp.connect(parts.hostname or "", parts.port or 21)
        ftp.login(parts.username or "", password or parts.password or "")
        ftp.sendcmd("TYPE A")
        with ftp.transfercmd(f"STOR {name}") as data:
            data.sendall(CONTENT)
        return ftp.voidresp()


@pytest.mark.slow
async def test_a_charger_of_ftp_alone_uploads_once(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    port = free_port()
    gateway = start_gateway(FTP_URL=f"ftp://127.0.0.1:{port}")
    async with await OperatedCharger.connect(gateway, identity) as cp:
        location = await place(cp, "FTP")
        with side_car(gateway, port):
            with pytest.raises(ftplib.error_perm):
                put(location, password="wrong")
            assert put(location).startswith("226")
            kept = await eventually(
                lambda: Upload.objects.filter(charge_point=cp.row, size=len(CONTENT)).first()
            )
            assert kept is not None and kept.file_name == "d.zip"
            stored = Path(gateway.environment["FILES_DIRECTORY"]) / str(kept.file)
            assert stored.read_bytes() == CONTENT
            with pytest.raises(ftplib.error_perm):
                put(location)
        (finished,) = [
            event
            for event in cp.events("command.finished")
            if event.data["type"] == "get_diagnostics"
        ]
        assert finished.data["state"] == "effect_confirmed"


def fetch(location: str, rest: int | None = None, *, whole: bool = True) -> bytes:
    """Download as a charger does, in ASCII mode as some ask for; from `rest` on, or a part."""
    parts = urlsplit(location)
    with ftplib.FTP(timeout=10) as ftp:
        ftp.connect(parts.hostname or "", parts.port or 21)
        ftp.login(parts.username or "", parts.password or "")
        ftp.sendcmd("TYPE A")
        for command in (f"STOR {parts.path}", f"DELE {parts.path}", "STOR other", "RETR ../x"):
            with pytest.raises(ftplib.error_perm):
                ftp.sendcmd(command)
        with ftp.transfercmd(f"RETR {parts.path}", rest) as data:
            if not whole:
                part = data.recv(10)
                ftp.close()
                return part
            content = b"".join(iter(lambda: data.recv(65536), b""))
        assert ftp.voidresp().startswith("226")
        return content


@pytest.mark.slow
async def test_a_charger_of_ftp_alone_fetches_its_firmware_until_it_has_it(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    port = free_port()
    gateway = start_gateway(FTP_URL=f"ftp://127.0.0.1:{port}")
    # More than the buffers of a socket hold.
    image = b"\r\n\x00\xff" * 5_000_000
    with override_settings(MEDIA_ROOT=gateway.environment["FILES_DIRECTORY"]):
        hosting.add_firmware("Wall 22.bin", io.BytesIO(image))
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await place(cp, "FTP")
        request, _ = await cp.command(
            "update_firmware", {"firmware": "Wall 22.bin"}, "UpdateFirmware", {}
        )
        location = unquote(request["location"])
        assert location.startswith("ftp://firmware-") and location.endswith("/Wall 22.bin")
        with side_car(gateway, port):
            # A broken transfer does not use the login up.
            assert fetch(location, whole=False) == image[:10]
            assert fetch(location, rest=10) == image[10:]
            # Nor does one that was sent, and may not have arrived; but that is over soon.
            link = FirmwareLink.objects.get(charge_point=cp.row)
            assert link.expires_at < timezone.now() + timedelta(hours=1)
            assert fetch(location) == image
            FirmwareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
            with pytest.raises(ftplib.error_perm):
                fetch(location)


async def test_nothing_can_be_read_or_removed_and_a_path_leads_nowhere(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    port = free_port()
    gateway = start_gateway(FTP_URL=f"ftp://127.0.0.1:{port}")
    async with await OperatedCharger.connect(gateway, identity) as cp:
        parts = urlsplit(await place(cp, "FTP, FTPS"))
        with side_car(gateway, port), ftplib.FTP(timeout=10) as ftp:
            ftp.connect("127.0.0.1", port)
            ftp.login(parts.username or "", parts.password or "")
            for command in ("RETR d.zip", "DELE d.zip", "MKD x", "RMD x", "SITE CHMOD 777 d.zip"):
                with pytest.raises(ftplib.error_perm):
                    ftp.sendcmd(command)
            ftp.storbinary("STOR ../../escape", io.BytesIO(b"x"))
            kept = await eventually(
                lambda: Upload.objects.filter(charge_point=cp.row, size=1).first()
            )
        assert kept is not None and kept.file_name == "escape"
        assert str(kept.file).startswith(f"uploads/{cp.row.pk}/")


@pytest.mark.slow
async def test_the_address_for_data_behind_nat_is_the_one_that_was_given(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    port, given = free_port(), ["--passive-address", "203.0.113.7"]
    gateway = start_gateway(FTP_URL=f"ftp://127.0.0.1:{port}")
    async with await OperatedCharger.connect(gateway, identity) as cp:
        parts = urlsplit(await place(cp, "FTP"))
        with side_car(gateway, port, *given), ftplib.FTP(timeout=10) as ftp:
            ftp.connect("127.0.0.1", port)
            ftp.login(parts.username or "", parts.password or "")
            assert "(203,0,113,7," in ftp.sendcmd("PASV")


async def test_a_charger_that_speaks_http_too_is_given_http(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    gateway = start_gateway(FTP_URL="ftp://127.0.0.1:2121")
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert (await place(cp, "FTP,HTTP")).startswith(gateway.http)
