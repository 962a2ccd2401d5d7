"""A hold: while one stands, nothing of a charge point's history is pruned."""

from django.db import models
from django.utils import timezone

from .charge_point import ChargePoint


class HistoryHold(models.Model):
    """Who put it there, when and why; released, the row goes, and the log of the admin tells."""

    charge_point = models.OneToOneField(
        ChargePoint, primary_key=True, on_delete=models.CASCADE, related_name="history_hold"
    )
    reason = models.CharField(max_length=255)
    placed_by = models.CharField(max_length=150)
    placed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reason
