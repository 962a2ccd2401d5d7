"""Charging profiles that a charge point accepted, and those that it reported."""

from django.db import models

from .charge_point import ChargePoint


class ChargingProfile(models.Model):
    """`evse_id` 0 is the charge point as a whole; `profile` has the neutral form of the API.

    `reported_at`: when the charge point last reported the profile; `missing_since`: when a report
    first lacked it.
    """

    class Purpose(models.TextChoices):
        STATION_MAX = "station_max"
        DEFAULT = "default"
        TRANSACTION = "transaction"
        EXTERNAL = "external"
        PRIORITY = "priority", "priority charging"
        LOCAL_GENERATION = "local_generation", "local generation"

    class Source(models.TextChoices):
        CSO = "cso", "operator"
        EMS = "ems", "energy management"
        SO = "so", "system operator"
        OTHER = "other"

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="charging_profiles"
    )
    profile_id = models.IntegerField()
    evse_id = models.PositiveIntegerField(default=0)
    purpose = models.CharField(max_length=20, choices=Purpose)
    stack_level = models.PositiveIntegerField()
    transaction_id = models.CharField(max_length=255, blank=True)
    profile = models.JSONField()
    source = models.CharField(max_length=5, choices=Source, default=Source.CSO)
    installed_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["evse_id", "purpose", "stack_level"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "source", "profile_id"], name="charging_profile_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} {self.purpose}"
