"""The grid codes that a charge point follows as a distributed energy resource (DER)."""

from django.db import models

from .charge_point import ChargePoint


class DerControl(models.Model):
    """A control as it was last set or reported (R04); `setting` has OCPP's form."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="der_controls"
    )
    control_id = models.CharField(max_length=36)
    type = models.CharField(max_length=30, help_text="as OCPP names it: VoltVar, LimitMaxDischarge")
    is_default = models.BooleanField(default=False)
    is_superseded = models.BooleanField(default=False)
    started = models.BooleanField(
        null=True, help_text="whether it was reported as begun, or as ended"
    )
    setting = models.JSONField()
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["type", "control_id"]
        verbose_name = "DER control"
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "control_id"], name="der_control_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.control_id}"
