"""Files: firmware that chargers download from here, and files that they upload."""

import hashlib
import secrets

from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils import timezone

from .charge_point import ChargePoint
from .command import Command

# The longest URL that any version allows.
LONGEST_LOCATION = 2000


def storage() -> FileSystemStorage:
    """Files below MEDIA_ROOT, which are never served directly."""
    return FileSystemStorage()


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(24)


class FirmwareFile(models.Model):
    """A firmware image that staff uploaded."""

    name = models.CharField(max_length=100, unique=True, help_text="as chargers see it in the URL")
    file = models.FileField(upload_to="firmware/", storage=storage)
    size = models.PositiveBigIntegerField(editable=False, default=0)
    sha256 = models.CharField(max_length=64, editable=False, blank=True)
    # 2.0.1 L03: a local controller checks the file by it before offering it.
    md5 = models.CharField(max_length=32, editable=False, blank=True)
    # Security whitepaper 5.1: the charger checks a signed update by it.
    signing_certificate = models.TextField(blank=True, help_text="PEM")
    signature = models.TextField(blank=True, help_text="base64")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name


class FirmwareLink(models.Model):
    """A time-limited URL of a firmware file; the token itself is only in the URL."""

    token_digest = models.CharField(max_length=64, unique=True)
    firmware = models.ForeignKey(FirmwareFile, on_delete=models.CASCADE, related_name="links")
    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    fetched = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.firmware} for {self.charge_point}"

    @property
    def open(self) -> bool:
        return self.expires_at > timezone.now()


class Upload(models.Model):
    """A file that a charge point was asked to upload, to a URL that takes one file."""

    class Kind(models.TextChoices):
        DIAGNOSTICS = "diagnostics"
        DIAGNOSTICS_LOG = "diagnostics_log"
        SECURITY_LOG = "security_log"
        DATA_COLLECTOR = "data_collector"

    token_digest = models.CharField(max_length=64, unique=True)
    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="uploads")
    command = models.ForeignKey(
        Command, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=15, choices=Kind)
    request_id = models.IntegerField(null=True, blank=True)
    location = models.CharField(
        max_length=LONGEST_LOCATION, help_text="the URL that the charger was given"
    )
    status = models.CharField(
        max_length=50, blank=True, help_text="as the charger reported it last"
    )
    status_at = models.DateTimeField(null=True, blank=True)
    # The charger's name for the file; shown, but never used as a path.
    file_name = models.CharField(max_length=255, blank=True)
    file = models.FileField(upload_to="uploads/", storage=storage, null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    received_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="when the event for core was created"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.charge_point}"


class FirmwareUpdate(models.Model):
    """One firmware update; `status` is what the charge point last reported."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="firmware_updates"
    )
    command = models.ForeignKey(
        Command, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    firmware = models.ForeignKey(
        FirmwareFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    request_id = models.IntegerField(null=True, blank=True)
    location = models.CharField(max_length=LONGEST_LOCATION, blank=True)
    status = models.CharField(max_length=50, blank=True)
    status_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.status or "asked for"
