"""Charging profiles that a charge point has accepted."""

from django.db import models

from .charge_point import ChargePoint


class ChargingProfile(models.Model):
    """`evse_id` 0 is the charge point as a whole; `profile` is in the neutral words of the API."""

    class Purpose(models.TextChoices):
        STATION_MAX = "station_max"
        DEFAULT = "default"
        TRANSACTION = "transaction"
        EXTERNAL = "external"

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="charging_profiles"
    )
    profile_id = models.IntegerField()
    evse_id = models.PositiveIntegerField(default=0)
    purpose = models.CharField(max_length=15, choices=Purpose)
    stack_level = models.PositiveIntegerField()
    transaction_id = models.CharField(max_length=255, blank=True)
    profile = models.JSONField()
    installed_at = models.DateTimeField()

    class Meta:
        ordering = ["evse_id", "purpose", "stack_level"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "profile_id"], name="charging_profile_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} {self.purpose}"
