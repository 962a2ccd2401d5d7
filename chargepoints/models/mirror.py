"""A second central system, to which a charge point's messages are forwarded."""

import uuid
from datetime import datetime, timedelta

from django.core.validators import URLValidator
from django.db import models

from chargepoints.sealed import SealedField

from .charge_point import ChargePoint


class Mirror(models.Model):
    """The trace is its buffer: messages after `told_through` still have to be forwarded.

    `transaction_ids` maps our ids to the other system's (OCPP 1.6, in which the central system
    assigns them). A worker holds the row until `held_until`, so that only one forwards.
    """

    charge_point = models.OneToOneField(
        ChargePoint, on_delete=models.CASCADE, related_name="mirror"
    )
    url = models.CharField("URL", max_length=500, validators=[URLValidator(schemes=["ws", "wss"])])
    password = SealedField(default="", blank=True)
    enabled = models.BooleanField(default=True)
    allowed_actions = models.JSONField(
        default=list, blank=True, help_text="empty: it only receives copies"
    )

    begins_after = models.BigIntegerField(
        default=0,
        db_default=0,
        help_text="the id of the last message before the mirror was created",
    )
    told_through = models.BigIntegerField(
        default=0, help_text="the id of the last message that was sent"
    )
    missed = models.PositiveBigIntegerField(
        default=0,
        db_default=0,
        help_text="messages that were deleted before they were sent, or that cannot be read",
    )
    told_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True, help_text="null: not connected")
    error = models.CharField(max_length=255, blank=True)
    transaction_ids = models.JSONField(default=dict, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["charge_point"]

    def __str__(self) -> str:
        return f"{self.charge_point_id} to {self.url}"

    @classmethod
    def hold(cls, pk: int, worker: uuid.UUID, now: datetime, lease: timedelta) -> bool:
        """Take or renew this worker's lease; return whether the worker holds the row now."""
        free = models.Q(held_until=None) | models.Q(held_until__lt=now) | models.Q(held_by=worker)
        held = cls.objects.filter(free, pk=pk, enabled=True)
        return bool(held.update(held_by=worker, held_until=now + lease))
