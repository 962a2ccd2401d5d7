"""Commands of core or staff to a charge point. The row decides; the socket follows it."""

import uuid

from django.db import models

from chargepoints import traces

from .charge_point import ChargePoint
from .command_batch import CommandBatch
from .connection import Connection


class Command(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        CALLERROR = "callerror"
        TIMEOUT = "timeout"
        EXPIRED = "expired"
        CANCELLED = "cancelled"
        EFFECT_CONFIRMED = "effect_confirmed"
        NO_EFFECT = "no_effect"

    class ErrorClass(models.TextChoices):
        STATION = "station"
        CALLERROR = "callerror"
        TRANSPORT = "transport"
        GATEWAY = "gateway"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="commands")
    type = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=150)
    batch = models.ForeignKey(
        CommandBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="commands"
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)
    body_digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    only_idle = models.BooleanField(
        db_default=False, default=False, help_text="not sent while a transaction is open"
    )
    timeout_s = models.PositiveIntegerField(
        default=30, help_text="seconds to wait for the charger's answer"
    )
    trace_id = models.CharField(
        max_length=32, blank=True, db_default="", default="", help_text="from core's traceparent"
    )

    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="commands"
    )
    ocpp_version = models.CharField(max_length=10, blank=True)
    action = models.CharField(max_length=50, blank=True)
    message_id = models.CharField(max_length=36, blank=True)
    request = models.JSONField(null=True, blank=True)
    response = models.JSONField(null=True, blank=True)
    duration_ms = models.FloatField(null=True, blank=True)
    result = models.JSONField(
        null=True,
        blank=True,
        help_text="what the charge point sent later for this command, in parts",
    )

    cautions = models.JSONField(
        default=list, blank=True, help_text="warnings when it was created; it was sent nevertheless"
    )
    error_class = models.CharField(max_length=10, choices=ErrorClass, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_detail = models.TextField(blank=True)
    # Identifies the effect when it is reported, e.g. "start:7"; empty: no observable effect.
    effect_key = models.CharField(max_length=100, blank=True)
    effect_deadline = models.DateTimeField(null=True, blank=True)
    transaction = models.ForeignKey(
        "Transaction", null=True, blank=True, on_delete=models.SET_NULL, related_name="commands"
    )

    class Meta:
        ordering = ["-created_at"]
        permissions = [
            ("operate_chargepoint", "Can send the commands of daily support"),
            ("engineer_chargepoint", "Can send every command"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "idempotency_key"], name="command_idempotent"
            )
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="command_recent"),
            models.Index(fields=["charge_point", "-created_at"], name="command_of_charge_point"),
            models.Index(
                fields=["charge_point"],
                name="command_unfinished",
                condition=models.Q(finished_at=None),
            ),
            models.Index(
                fields=["trace_id"],
                name="command_of_trace",
                condition=~models.Q(trace_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.state}"

    @property
    def trace(self) -> str:
        """Core's trace id, or the gateway's."""
        made = traces.trace_id(self.charge_point_id, self.created_at, str(self.pk))
        return self.trace_id or made
