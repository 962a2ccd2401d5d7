"""A charge point's variable monitors, and the messages on its display."""

from django.db import models

from .charge_point import ChargePoint


class Monitor(models.Model):
    """A monitor as it was last set or reported (2.0.1 N02, N04)."""

    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="monitors")
    number = models.BigIntegerField(help_text="the charge point's own id of the monitor")
    component = models.CharField(max_length=50)
    component_instance = models.CharField(max_length=50, blank=True)
    evse_id = models.PositiveIntegerField(default=0, help_text="0: none")
    connector_id = models.PositiveIntegerField(default=0, help_text="0: none")
    variable = models.CharField(max_length=50)
    instance = models.CharField(max_length=50, blank=True)
    type = models.CharField(max_length=30)
    value = models.FloatField()
    severity = models.PositiveSmallIntegerField()
    transaction = models.BooleanField(default=False)
    event_notification_type = models.CharField(
        max_length=30,
        blank=True,
        help_text="who set it; empty: the charge point does not report it",
    )
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "number"], name="monitor_unique")
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.component}.{self.variable}"


class DisplayMessage(models.Model):
    """A message on a charge point's display, as it was last set or reported (2.0.1 O)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="display_messages"
    )
    number = models.BigIntegerField(help_text="the message's id on this charge point")
    content = models.TextField()
    format = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=8, blank=True)
    translations = models.JSONField(
        default=list, blank=True, help_text="the same in other languages"
    )
    priority = models.CharField(max_length=20)
    state = models.CharField(max_length=20, blank=True)
    transaction_id = models.CharField(max_length=36, blank=True)
    start_at = models.DateTimeField(null=True, blank=True)
    end_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "number"], name="display_unique")
        ]

    def __str__(self) -> str:
        return self.content[:50]
