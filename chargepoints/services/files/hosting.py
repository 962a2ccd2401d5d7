"""The gateway's own URLs for files: to download firmware, and to upload files."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.db.models import F

from chargepoints import clock
from chargepoints.models import Command, FirmwareFile, FirmwareLink, Upload
from chargepoints.models.hosted_file import new_token, token_digest
from chargepoints.services.files import transfer

FIRMWARE_PATH = "/files/firmware/"
UPLOAD_PATH = "/files/uploads/"
# A charger may have to download it later, and to try again.
FIRMWARE_LINK_FOR = timedelta(days=14)
FETCHED_AGAIN_FOR = timedelta(hours=1)
UPLOAD_LINK_FOR = timedelta(days=2)


class FileTooLarge(Exception):
    """More than UPLOAD_LIMIT_BYTES."""


def firmware_url(firmware: FirmwareFile, command: Command) -> str:
    """A time-limited URL from which this charge point, or anybody else, can download the file."""
    token = new_token()
    link = FirmwareLink.objects.create(
        token_digest=token_digest(token),
        firmware=firmware,
        charge_point_id=command.charge_point_id,
        expires_at=clock.now() + FIRMWARE_LINK_FOR,
    )
    if transfer.protocol(command) == transfer.FTP:
        return _ftp_url(link, token) + quote(firmware.name)
    return f"{settings.PUBLIC_URL}{FIRMWARE_PATH}{token}/{quote(firmware.name)}"


def upload_url(token: str) -> str:
    """It ends with a slash: many chargers append the name of their file without one."""
    return f"{settings.PUBLIC_URL}{UPLOAD_PATH}{token}/"


def upload_location(upload: Upload, token: str, command: Command) -> str:
    """The URL to which this charge point uploads its file."""
    by_ftp = transfer.protocol(command) == transfer.FTP
    return _ftp_url(upload, token) if by_ftp else upload_url(token)


def is_ours(upload: Upload) -> bool:
    """Whether the charge point uploads to the gateway, and not to another server."""
    return UPLOAD_PATH in upload.location or f"//{ftp_user(upload)}:" in upload.location


def ftp_user(file: Upload | FirmwareLink) -> str:
    kind = "upload" if isinstance(file, Upload) else "firmware"
    return f"{kind}-{file.pk}"


def _ftp_url(file: Upload | FirmwareLink, token: str) -> str:
    scheme, _, host = settings.FTP_URL.partition("://")
    return f"{scheme}://{ftp_user(file)}:{token}@{host}/"


def find_link(token: str) -> FirmwareLink | None:
    """The firmware link with this token, if it is still valid."""
    links = FirmwareLink.objects.select_related("firmware")
    link = links.filter(token_digest=token_digest(token)).first()
    return link if link is not None and link.open else None


def find_firmware(token: str) -> FirmwareFile | None:
    """The same for HTTP, where a charger may come again for the rest of the file."""
    link = find_link(token)
    if link is None:
        return None
    FirmwareLink.objects.filter(pk=link.pk).update(fetched=F("fetched") + 1)
    return link.firmware


def fetched_by_ftp(link: FirmwareLink) -> None:
    """The file was sent completely: the login expires soon, but not at once, in case of losses."""
    FirmwareLink.objects.filter(pk=link.pk).update(
        fetched=F("fetched") + 1,
        expires_at=min(link.expires_at, clock.now() + FETCHED_AGAIN_FOR),
    )


def find_upload(token: str) -> Upload | None:
    upload = Upload.objects.filter(token_digest=token_digest(token)).first()
    return upload if upload is not None and upload.expires_at > clock.now() else None


def add_firmware(name: str, content: IO[bytes]) -> FirmwareFile:
    """Store a firmware image under `name`, with the hashes that staff and chargers compare."""
    firmware = FirmwareFile(name=name)
    firmware.file.save(name, File(content), save=False)
    measure(firmware)
    firmware.save()
    return firmware


def measure(firmware: FirmwareFile) -> None:
    """Calculate size and hashes of the image."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with firmware.file.open("rb") as image:
        for chunk in image.chunks():
            sha256.update(chunk)
            md5.update(chunk)
    firmware.size = firmware.file.size
    firmware.sha256 = sha256.hexdigest()
    firmware.md5 = md5.hexdigest()


def store(upload: Upload, chunks: Iterable[bytes]) -> tuple[str, int]:
    """Write an upload to disk; returns the stored name and the size. Raises FileTooLarge."""
    storage = upload.file.storage
    name: str = storage.save(f"uploads/{upload.charge_point_id}/{upload.pk}", ContentFile(b""))
    try:
        size = _write(Path(storage.path(name)), chunks)
    except BaseException:
        storage.delete(name)
        raise
    return name, size


def _write(path: Path, chunks: Iterable[bytes]) -> int:
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.UPLOAD_LIMIT_BYTES:
                raise FileTooLarge
            file.write(chunk)
    return size
