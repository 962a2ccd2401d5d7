"""Tokens: the gateway's own table, and a cache of core's decisions about others."""

from django.db import models
from django.db.models.functions import Lower

from chargepoints import key_codes

# The longest text that any version allows.
LONGEST_PERSONAL_MESSAGE = 1024


class AuthorizationStatus(models.TextChoices):
    """The neutral authorization status: OCPP 2.0.1's AuthorizationStatusEnumType in snake case."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    CONCURRENT_TX = "concurrent_tx"
    EXPIRED = "expired"
    INVALID = "invalid"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED_TYPE_EVSE = "not_allowed_type_evse"
    NOT_AT_THIS_LOCATION = "not_at_this_location"
    NOT_AT_THIS_TIME = "not_at_this_time"
    UNKNOWN = "unknown"


class IdToken(models.Model):
    """A token; comparison ignores case (2.0.1 IdTokenType, 1.6 IdToken)."""

    class Source(models.TextChoices):
        OWN = "own"
        CORE = "core"

    value = models.CharField(max_length=255)
    type = models.CharField(
        max_length=20, blank=True, help_text="ISO14443, eMAID, ...; empty: of any type (1.6)"
    )
    status = models.CharField(
        max_length=30, choices=AuthorizationStatus, default=AuthorizationStatus.ACCEPTED
    )
    group_id_token = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    personal_message = models.CharField(max_length=LONGEST_PERSONAL_MESSAGE, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.OWN)
    decided_at = models.DateTimeField(null=True, blank=True, help_text="when core decided")
    fresh_until = models.DateTimeField(
        null=True, blank=True, help_text="until then the gateway does not ask core again"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["value"]
        verbose_name = "ID token"
        constraints = [
            models.UniqueConstraint(Lower("value"), "type", "source", name="id_token_unique")
        ]

    def __str__(self) -> str:
        return self.token or "(empty)"

    @property
    def token(self) -> str:
        """The token for display, without key codes."""
        return key_codes.shown_value(self.value, self.type)
