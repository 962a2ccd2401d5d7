"""What a charge point reports about itself: variables or configuration keys, and events."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce

from .charge_point import ChargePoint

# The fields that identify a variable of a charge point.
VARIABLE_KEY = (
    "component",
    "component_instance",
    "evse_id",
    "connector_id",
    "name",
    "instance",
    "attribute",
)


class Variable(models.Model):
    """A variable of a component (2.0.1), or a configuration key (1.6: component empty)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="variables"
    )
    component = models.CharField(max_length=50, blank=True)
    component_instance = models.CharField(max_length=50, blank=True)
    evse_id = models.PositiveIntegerField(default=0, help_text="0: none")
    connector_id = models.PositiveIntegerField(default=0, help_text="0: none")
    name = models.CharField(max_length=255)
    instance = models.CharField(max_length=50, blank=True)
    attribute = models.CharField(max_length=10, default="Actual")
    reported = models.TextField(null=True, blank=True)
    desired = models.TextField(null=True, blank=True)
    mutability = models.CharField(max_length=10, blank=True)
    characteristics = models.JSONField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    set_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["component", "component_instance", "evse_id", "name", "instance"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", *VARIABLE_KEY], name="variable_unique")
        ]

    def __str__(self) -> str:
        return f"{self.component}.{self.name}" if self.component else self.name

    @staticmethod
    def row(  # noqa: PLR0913  (one for each column)
        *,
        charge_point_id: int,
        component: str,
        component_instance: str,
        evse_id: int,
        connector_id: int,
        name: str,
        instance: str,
        attribute: str,
        reported: str | None,
        desired: str | None,
        mutability: str,
        characteristics: dict[str, Any] | None,
        read_at: datetime,
    ) -> tuple[Any, ...]:
        """A row for `statements.insert`: the columns but the id, in their order."""
        return (
            charge_point_id,
            component,
            component_instance,
            evse_id,
            connector_id,
            name,
            instance,
            attribute,
            reported,
            desired,
            mutability,
            characteristics,
            read_at,
            None,
        )

    @property
    def key(self) -> str:
        """The name that the commands `get_configuration` and `set_configuration` take."""
        variable = _with_instance(self.name, self.instance)
        if not self.component:
            return variable
        return f"{_with_instance(self.component, self.component_instance)}.{variable}"


def _with_instance(name: str, instance: str) -> str:
    return f"{name}[{instance}]" if instance else name


class MonitoringEvent(models.Model):
    """One eventData of a NotifyEventRequest (2.0.1 N07)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="monitoring_events"
    )
    event_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    trigger = models.CharField(max_length=20)
    notification_type = models.CharField(max_length=40)
    component = models.CharField(max_length=50)
    evse_id = models.PositiveIntegerField(null=True)
    connector_id = models.PositiveIntegerField(null=True)
    variable = models.CharField(max_length=50)
    actual_value = models.TextField()
    cleared = models.BooleanField(default=False)
    data = models.JSONField(help_text="the eventData as the charger sent it")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "charge_point",
                "event_id",
                "occurred_at",
                "component",
                "variable",
                # In SQL, NULL does not equal NULL.
                Coalesce("evse_id", 0),
                Coalesce("connector_id", 0),
                name="monitoring_event_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}={self.actual_value}"
