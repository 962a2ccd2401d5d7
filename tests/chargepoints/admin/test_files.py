"""Firmware that staff provide, and files that chargers uploaded."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chargepoints.models import ChargePoint, FirmwareFile, Upload
from chargepoints.roles import ENGINEER, OPERATOR, VIEWER
from tests.chargepoints.admin.conftest import AsRole
from tests.pki import root_certificate

FIRMWARE = "/admin/chargepoints/firmwarefile/"
UPLOADS = "/admin/chargepoints/upload/"
IMAGE = b"\x7fELF and more"


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def provide(client: Client, name: str = "v2.bin", signing_certificate: str = "") -> Any:
    file = SimpleUploadedFile("../../local name.bin", IMAGE)
    signed = {"signing_certificate": signing_certificate, "signature": ""}
    form = {"name": name, "file": file, **signed}
    return client.post(f"{FIRMWARE}add/", form)


def test_firmware_is_measured_when_it_is_provided(as_role: AsRole, files: Path) -> None:
    assert provide(as_role(ENGINEER)).status_code == 302
    firmware = FirmwareFile.objects.get()
    assert (firmware.name, firmware.size) == ("v2.bin", len(IMAGE))
    assert firmware.sha256 == hashlib.sha256(IMAGE).hexdigest()
    stored = Path(firmware.file.path).resolve()
    assert stored.read_bytes() == IMAGE
    assert stored.is_relative_to(files.resolve())


def test_an_operator_provides_no_firmware(as_role: AsRole) -> None:
    assert provide(as_role(OPERATOR)).status_code == 403
    assert not FirmwareFile.objects.exists()


def test_the_image_of_a_firmware_cannot_be_exchanged(as_role: AsRole) -> None:
    engineer = as_role(ENGINEER)
    provide(engineer)
    firmware = FirmwareFile.objects.get()
    form = {
        "name": "other.bin",
        "file": SimpleUploadedFile("x", b"other"),
        "signing_certificate": "",
        "signature": "c2ln",
    }
    assert engineer.post(f"{FIRMWARE}{firmware.pk}/change/", form).status_code == 302
    firmware.refresh_from_db()
    assert (firmware.name, firmware.signature) == ("v2.bin", "c2ln")
    assert Path(firmware.file.path).read_bytes() == IMAGE


def test_a_signing_certificate_is_one(as_role: AsRole) -> None:
    engineer = as_role(ENGINEER)
    refused = provide(engineer, signing_certificate="-----BEGIN CERTIFICATE-----")
    assert "not a certificate in PEM" in refused.content.decode()
    assert provide(engineer, signing_certificate=root_certificate("Maker")).status_code == 302
    assert FirmwareFile.objects.get().signing_certificate.startswith("-----BEGIN CERTIFICATE-----")


def test_a_deleted_firmware_leaves_no_file(as_role: AsRole, files: Path) -> None:
    engineer = as_role(ENGINEER)
    provide(engineer)
    firmware = FirmwareFile.objects.get()
    engineer.post(f"{FIRMWARE}{firmware.pk}/delete/", {"post": "yes"})
    assert not FirmwareFile.objects.exists()
    assert not [path for path in files.rglob("*") if path.is_file()]


def test_what_a_charger_uploaded_is_offered_and_its_secret_url_is_not_shown(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    upload = Upload.objects.create(
        token_digest="x",
        charge_point=charge_point,
        kind=Upload.Kind.DIAGNOSTICS,
        location="http://gateway/files/uploads/the-secret-token/",
        file_name="log.zip",
        size=2048,
        expires_at=timezone.now(),
    )
    viewer = as_role(VIEWER)
    url = f"/files/received/{upload.pk}"
    assert url not in viewer.get(UPLOADS).content.decode()
    Upload.objects.update(received_at=timezone.now())
    for address in (UPLOADS, f"{UPLOADS}{upload.pk}/change/"):
        page = viewer.get(address).content.decode()
        assert f'href="{url}"' in page
        assert "2.0\xa0KB" in page
        assert "the-secret-token" not in page


def test_an_upload_is_for_whoever_may_see_uploads(
    as_role: AsRole, django_user_model: Any, files: Path
) -> None:
    charge_point = ChargePoint.objects.create(identity="DEPOT-7")
    (files / "log.txt").write_bytes(b"secret")
    upload = Upload.objects.create(
        charge_point=charge_point,
        kind=Upload.Kind.DIAGNOSTICS,
        file="log.txt",
        received_at=timezone.now(),
        expires_at=timezone.now(),
    )
    staff = Client()
    staff.force_login(django_user_model.objects.create_user("clerk", is_staff=True))
    assert staff.get(f"/files/received/{upload.pk}").status_code == 403
    answer = as_role(VIEWER).get(f"/files/received/{upload.pk}")
    assert b"".join(answer.streaming_content) == b"secret"  # type: ignore[attr-defined]
