"""The registry of charge points: their settings, and what they reported at boot."""

import hashlib
import hmac
import secrets

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

# OCPP-J 1.6 3.1.1 and 2.0.1 part 4 3.1.1: the identity is the last segment of the URL.
identity_validator = RegexValidator(
    r"^[A-Za-z0-9*\-_=:+|@. ]{1,48}$",
    "1 to 48 characters: letters, digits, space and * - _ = : + | @ .",
)


class Registration(models.TextChoices):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class UnreachablePolicy(models.TextChoices):
    """How to decide about a token when core cannot be reached."""

    CACHED_THEN_ACCEPT = "cached_then_accept"
    CACHED_THEN_REJECT = "cached_then_reject"
    ACCEPT = "accept"
    REJECT = "reject"


class ChargePoint(models.Model):
    """A charging station; the station as a whole has no row among its connectors."""

    class FileTransfer(models.TextChoices):
        HTTP = "http", "HTTP"
        FTP = "ftp", "FTP"

    identity = models.CharField(max_length=48, unique=True, validators=[identity_validator])
    name = models.CharField(max_length=100, blank=True)
    external_id = models.CharField(max_length=100, blank=True, help_text="core's own key")
    site = models.CharField(max_length=100, blank=True, db_index=True)

    registration = models.CharField(
        max_length=10, choices=Registration, default=Registration.ACCEPTED, db_index=True
    )
    security_profile = models.PositiveSmallIntegerField(
        default=1, help_text="0: no authentication, 1: Basic, 2: TLS and Basic, 3: TLS, client cert"
    )
    next_security_profile = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="the charger accepted it, but has not used it yet",
    )
    pinned_protocol = models.CharField(
        max_length=20, blank=True, help_text="the one subprotocol to speak, e.g. ocpp1.6"
    )
    strict = models.BooleanField(
        default=False, help_text="answer soft defects with a CALLERROR, as certification requires"
    )
    check_user_name = models.BooleanField(
        default=True, help_text="the Basic user name must be the identity"
    )
    proactive = models.BooleanField(
        default=True, help_text="the gateway may send requests that nobody asked for"
    )
    file_transfer = models.CharField(
        max_length=4,
        choices=FileTransfer,
        blank=True,
        help_text="the protocol for firmware and uploads; empty: the one that the charger reports",
    )
    core_unreachable = models.CharField(
        max_length=20,
        choices=UnreachablePolicy,
        blank=True,
        help_text="empty: the policy of its site, or of the server",
    )
    heartbeat_interval = models.PositiveIntegerField(
        null=True, blank=True, help_text="seconds; empty: the server's setting"
    )
    settings_changed_at = models.DateTimeField(default=timezone.now, editable=False)

    vendor = models.CharField(max_length=255, blank=True)
    model = models.CharField(max_length=255, blank=True)
    serial_number = models.CharField(max_length=255, blank=True)
    firmware_version = models.CharField(max_length=255, blank=True)
    iccid = models.CharField(max_length=255, blank=True)
    imsi = models.CharField(max_length=255, blank=True)
    boot_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    booted_at = models.DateTimeField(null=True, blank=True, editable=False)
    boot_reason = models.CharField(max_length=50, blank=True, editable=False)

    assigned_quirks = models.JSONField(
        default=list, blank=True, help_text="names of the quirk profiles that staff assigned"
    )
    quirks = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="the assigned profiles and those that matched at the last boot",
    )

    clock_skew_s = models.IntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="seconds by which its clock is ahead of the gateway's",
    )
    boot_asked_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="when the gateway asked it for a BootNotification",
    )
    deaf_since = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="since then it answers no request of the gateway",
    )

    certificate_expires_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="of the client certificate that it accepted last",
    )

    status = models.CharField(max_length=20, blank=True, editable=False)
    error_code = models.CharField(max_length=100, blank=True, editable=False)
    status_at = models.DateTimeField(null=True, blank=True, editable=False)

    protocol = models.CharField(
        max_length=20, blank=True, editable=False, help_text="the subprotocol negotiated last"
    )
    # No constraint, and not unique: PostgreSQL treats a change of a unique column as a change of
    # the row's key, which waits for every commit that checks a foreign key to it, and deadlocks.
    connection = models.ForeignKey(
        "Connection",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="current_of",
        help_text="the open connection; every change names its id (the epoch)",
    )
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    reported_online = models.BooleanField(
        default=False, editable=False, help_text="the state in the last event for core"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["identity"]
        constraints = [
            models.UniqueConstraint(Lower("identity"), name="identity_unique_in_any_case"),
        ]

    def __str__(self) -> str:
        return self.identity


class ChargePointCounters(models.Model):
    """Counters of a charge point, in a separate row from the one that people edit."""

    charge_point = models.OneToOneField(
        ChargePoint, primary_key=True, on_delete=models.CASCADE, related_name="counters"
    )
    event_sequence = models.PositiveBigIntegerField(default=0)
    transaction_number = models.PositiveIntegerField(default=0)
    request_number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"counters of {self.charge_point_id}"


class Credential(models.Model):
    """A charge point's Basic-auth key: salted HMAC-SHA256, never the key itself.

    Keys are random and long, so a slow password hash would bring nothing, and 10,000 chargers that
    reconnect must be authenticated in seconds. During a rotation the two newest rows are valid.
    """

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="credentials"
    )
    # The name of the pepper that was used; empty if it was not stored.
    pepper = models.CharField(max_length=8, blank=True, default="", db_default="")
    salt = models.BinaryField(max_length=16)
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"key of {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash(salt: bytes, key: bytes, pepper: str) -> bytes:
        return hmac.digest(salt + pepper.encode(), key, hashlib.sha256)

    @staticmethod
    def name_of_pepper() -> str:
        """Identifies the pepper in use without revealing it."""
        return hashlib.sha256(b"name of " + settings.CREDENTIAL_PEPPER.encode()).hexdigest()[:8]

    @classmethod
    def for_key(cls, charge_point: ChargePoint, key: bytes) -> "Credential":
        credential = cls(charge_point=charge_point)
        credential.renew(key)
        return credential

    def renew(self, key: bytes) -> None:
        """Store the hash of this key, with the current pepper."""
        self.salt = secrets.token_bytes(16)
        self.digest = self.hash(self.salt, key, settings.CREDENTIAL_PEPPER)
        self.pepper = self.name_of_pepper()

    def matches(self, key: bytes) -> bool:
        """Whether the key matches with the current pepper or a former one."""
        peppers = (settings.CREDENTIAL_PEPPER, *settings.CREDENTIAL_PEPPER_FALLBACKS)
        return any(self._matches(key, pepper) for pepper in peppers)

    def _matches(self, key: bytes, pepper: str) -> bool:
        digest = self.hash(bytes(self.salt), key, pepper)
        return hmac.compare_digest(digest, bytes(self.digest))
