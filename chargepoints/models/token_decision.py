"""Decisions about tokens: who decided, the status, and how long it took."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Upper

from .charge_point import ChargePoint
from .transaction import DecidedBy


class TokenDecision(models.Model):
    """One decision for a charge point; written with the message that requested it."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="token_decisions", db_index=False
    )
    asked_at = models.DateTimeField(help_text="when the message was received")
    action = models.CharField(max_length=50)
    message_id = models.CharField(max_length=255)
    id_token = models.CharField(max_length=255)
    id_token_type = models.CharField(max_length=20, blank=True)
    evse_id = models.PositiveIntegerField(null=True)
    status = models.CharField(max_length=30)
    decided_by = models.CharField(max_length=20, choices=DecidedBy)
    core_ms = models.FloatField(null=True, help_text="how long core took, if it was asked")
    core_error = models.CharField(max_length=255, blank=True, help_text="why core did not answer")
    trace_id = models.CharField(
        max_length=32, blank=True, help_text="from the `traceparent` of the question to core"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["charge_point", "-id"], name="decision_of_charge_point"),
            models.Index(Upper("id_token"), name="decision_of_token"),
        ]

    def __str__(self) -> str:
        return f"{self.id_token}: {self.status}"

    @staticmethod
    def row(  # noqa: PLR0913  (one for each column)
        *,
        charge_point_id: int,
        asked_at: datetime,
        action: str,
        message_id: str,
        id_token: str,
        id_token_type: str,
        evse_id: int | None,
        status: str,
        decided_by: str,
        core_ms: float | None,
        core_error: str,
        trace_id: str,
    ) -> tuple[Any, ...]:
        """A row for `UnitOfWork.append`: the columns but the id, in their order."""
        return (
            charge_point_id,
            asked_at,
            action,
            message_id,
            id_token,
            id_token_type,
            evse_id,
            status,
            decided_by,
            core_ms,
            core_error,
            trace_id,
        )
