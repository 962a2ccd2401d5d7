"""The state of the whole fleet every few minutes: for charts, which cannot read all history."""

from django.db import models


class FleetSample(models.Model):
    at = models.DateTimeField(unique=True)
    power_w = models.FloatField()
    charging = models.PositiveIntegerField()
    online = models.PositiveIntegerField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
