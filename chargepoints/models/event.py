"""Events for core, written in the transaction of the facts that they report."""

from django.db import models

from .charge_point import ChargePoint
from .transaction import TimeQuality


class Event(models.Model):
    """One event; `sequence` has no gaps per charge point.

    `position` is its place in the feed of all charge points, assigned after the commit by one
    place in the code: ids are assigned before the commit, so a feed read by id would skip events
    that are committed late.
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
            # Excludes events without a position: every event is inserted without one.
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
        """The event's id for core: the same in every delivery and in the feed."""
        return f"evt_{self.charge_point_id}_{self.sequence}"


class EventFeed(models.Model):
    """One row with the last assigned position; locked while positions are assigned."""

    last_position = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"through position {self.last_position}"
