"""Events: the facts core is told, written in the transaction of the fact itself."""

from django.db import models

from .charge_point import ChargePoint
from .transaction import TimeQuality


class Event(models.Model):
    """A fact; `sequence` has no gaps per charge point.

    `position` is the place in the feed over all charge points. It is given after commit, in
    one place: ids are handed out before commit, and a feed read by id would skip late commits.
    """

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    sequence = models.PositiveBigIntegerField()
    position = models.PositiveBigIntegerField(null=True)
    type = models.CharField(max_length=50)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    time_quality = models.CharField(max_length=10, choices=TimeQuality, default=TimeQuality.CHARGER)
    backfill = models.BooleanField(default=False)
    deviations = models.JSONField(default=list)
    data = models.JSONField()
    ocpp = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "sequence"], name="event_sequence_unique"
            ),
            # Without those that have none yet: every event is written as one of them.
            models.UniqueConstraint(
                fields=["position"],
                name="event_position_unique",
                condition=models.Q(position__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="event_unpositioned", condition=models.Q(position=None)
            )
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.type}"

    @property
    def event_id(self) -> str:
        """What core sees as the event's id: constant over every delivery and the feed."""
        return f"evt_{self.charge_point_id}_{self.sequence}"


class EventFeed(models.Model):
    """One row: the last position handed out, locked while positions are."""

    last_position = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"through position {self.last_position}"
