"""Quirk profiles: known defects of a vendor's chargers, and how the gateway handles them."""

from django.db import models

from .charge_point import ChargePoint


class QuirkProfile(models.Model):
    """For chargers that report this vendor, model and range of firmware at boot.

    Without a vendor it applies only where staff assign it. `settings` has names of
    `chargepoints.services.stations.quirk_settings.SETTINGS`.
    """

    name = models.CharField(max_length=100, unique=True)
    vendor = models.CharField(
        max_length=255,
        blank=True,
        help_text="in any case; * matches any text; empty: only where staff assign it",
    )
    model = models.CharField(max_length=255, default="*", help_text="like the vendor")
    firmware_from = models.CharField(max_length=50, blank=True, help_text="inclusive")
    firmware_to = models.CharField(max_length=50, blank=True, help_text="inclusive")
    settings = models.JSONField(default=dict)
    note = models.TextField(blank=True, help_text="the observation, and its source")
    enabled = models.BooleanField(default=True)
    applied = models.PositiveIntegerField(
        default=0, editable=False, help_text="the number of boots at which it was applied"
    )
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["vendor", "model"]

    def __str__(self) -> str:
        return self.name


class QuirkUse(models.Model):
    """How often one setting has changed the gateway's handling of a charge point."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="quirk_uses"
    )
    setting = models.CharField(max_length=40)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["setting"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "setting"], name="quirk_use_unique")
        ]

    def __str__(self) -> str:
        return f"{self.setting}: {self.count}"
