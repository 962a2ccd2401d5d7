"""A charge point's tariffs, by which it calculates the cost for drivers."""

from django.db import models

from .charge_point import ChargePoint


class Tariff(models.Model):
    """A tariff as it was last set or reported (I07 to I11); `content` has OCPP's form."""

    class Kind(models.TextChoices):
        DEFAULT = "default"
        DRIVER = "driver"

    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="tariffs")
    evse_id = models.PositiveIntegerField(default=0, help_text="0: all EVSEs")
    tariff_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DEFAULT)
    content = models.JSONField(
        null=True, blank=True, help_text="empty if the charge point only listed it"
    )
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["evse_id", "tariff_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "evse_id", "tariff_id"], name="tariff_unique"
            )
        ]

    def __str__(self) -> str:
        return self.tariff_id
