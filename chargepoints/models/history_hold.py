"""A hold on a charge point's history: while it exists, nothing is pruned."""

from django.db import models
from django.utils import timezone

from .charge_point import ChargePoint


class HistoryHold(models.Model):
    """Who placed the hold, when, and why. Releasing deletes the row; the admin's log keeps it."""

    charge_point = models.OneToOneField(
        ChargePoint, primary_key=True, on_delete=models.CASCADE, related_name="history_hold"
    )
    reason = models.CharField(max_length=255)
    placed_by = models.CharField(max_length=150)
    placed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reason
