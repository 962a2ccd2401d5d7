"""A charge point's open event streams: values of monitors, sent without answers."""

from django.db import models

from .charge_point import ChargePoint


class EventStream(models.Model):
    """A stream as it was last opened or reported (N11 to N15), with the newest value."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="event_streams"
    )
    number = models.BigIntegerField(help_text="the charge point's own id of the stream")
    monitor_number = models.BigIntegerField(
        null=True, blank=True, help_text="the id of the monitor whose values it contains"
    )
    interval_s = models.PositiveIntegerField(
        null=True, blank=True, help_text="the longest time that it collects values"
    )
    values_at_once = models.PositiveIntegerField(
        null=True, blank=True, help_text="the highest number of values that it collects"
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    value = models.CharField(max_length=2500, blank=True)
    value_at = models.DateTimeField(null=True, blank=True)
    pending = models.PositiveIntegerField(
        default=0, help_text="values that still waited at the charge point"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "number"], name="event_stream_unique")
        ]

    def __str__(self) -> str:
        return f"stream {self.number}"
