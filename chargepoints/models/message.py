"""The trace: every CALL in either direction, with its answer, in one row."""

from datetime import datetime
from typing import Any

from django.db import models

from chargepoints import traces

from .charge_point import ChargePoint
from .connection import Connection


class Message(models.Model):
    class Direction(models.TextChoices):
        FROM_CHARGER = "in", "from charger"
        TO_CHARGER = "out", "to charger"

    class Outcome(models.TextChoices):
        RESULT = "result"
        ERROR = "error", "CALLERROR"
        TIMEOUT = "timeout"
        NONE = "none", "no answer"

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    # No index and no constraint: the trace outlives the connection's row.
    connection = models.ForeignKey(
        Connection,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="messages",
        db_index=False,
        db_constraint=False,
    )
    direction = models.CharField(max_length=3, choices=Direction)
    action = models.CharField(max_length=50, blank=True)
    message_id = models.CharField(max_length=255, blank=True)
    request = models.TextField(help_text="the frame as it went over the socket")
    reply = models.TextField(blank=True, help_text="the frame as it went over the socket")
    outcome = models.CharField(max_length=10, choices=Outcome)
    error_code = models.CharField(max_length=50, blank=True)
    deviations = models.JSONField(default=list)
    started_at = models.DateTimeField()
    duration_ms = models.FloatField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["charge_point", "-id"], name="message_of_charge_point"),
            # Staff search for these few among very many.
            models.Index(
                fields=["outcome", "-id"],
                name="message_without_result",
                condition=~models.Q(outcome="result"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"

    @property
    def trace(self) -> str:
        return traces.trace_id(self.charge_point_id, self.started_at, self.message_id)

    @staticmethod
    def row(  # noqa: PLR0913  (one for each column)
        *,
        charge_point_id: int,
        connection_id: int,
        direction: str,
        action: str,
        message_id: str,
        request: str,
        reply: str,
        outcome: str,
        error_code: str,
        deviations: list[str],
        started_at: datetime,
        duration_ms: float | None,
    ) -> tuple[Any, ...]:
        """A row for `UnitOfWork.append`: the columns but the id, in their order."""
        return (
            charge_point_id,
            connection_id,
            direction,
            action,
            message_id,
            request,
            reply,
            outcome,
            error_code,
            deviations,
            started_at,
            duration_ms,
        )
