"""Evses, their connectors' status, and the status history."""

from datetime import datetime
from typing import Any

from django.db import models

from .charge_point import ChargePoint


class Status(models.TextChoices):
    """The neutral connector status: the values of OCPP 2.0.1 (ConnectorStatusEnumType)."""

    AVAILABLE = "available"
    OCCUPIED = "occupied"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"
    UNKNOWN = "unknown"


class Evse(models.Model):
    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="evses")
    evse_id = models.PositiveIntegerField()

    class Meta:
        ordering = ["evse_id"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "evse_id"], name="evse_unique")
        ]

    def __str__(self) -> str:
        return f"{self.charge_point} EVSE {self.evse_id}"


class Connector(models.Model):
    """A connector: OCPP 1.6's connector n is connector 1 of EVSE n."""

    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="connectors")
    connector_id = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=Status, default=Status.UNKNOWN)
    ocpp_status = models.CharField(
        max_length=50, blank=True, help_text="as the charger reported it"
    )
    error_code = models.CharField(max_length=100, blank=True)
    vendor_error_code = models.CharField(max_length=255, blank=True)
    info = models.CharField(max_length=255, blank=True)
    status_at = models.DateTimeField(null=True, blank=True, help_text="the charger's time")
    repeats = models.PositiveIntegerField(
        default=0, help_text="how often the same state was reported again"
    )

    class Meta:
        ordering = ["evse", "connector_id"]
        constraints = [
            models.UniqueConstraint(fields=["evse", "connector_id"], name="connector_unique")
        ]

    def __str__(self) -> str:
        return f"{self.evse} connector {self.connector_id}"


class StatusChange(models.Model):
    """One reported change of status; evse_id and connector_id are null for the station itself."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="status_changes", db_index=False
    )
    evse_id = models.PositiveIntegerField(null=True)
    connector_id = models.PositiveIntegerField(null=True)
    status = models.CharField(max_length=20, choices=Status)
    ocpp_status = models.CharField(max_length=50)
    error_code = models.CharField(max_length=100, blank=True)
    vendor_error_code = models.CharField(max_length=255, blank=True)
    info = models.CharField(max_length=255, blank=True)
    reported_at = models.DateTimeField(help_text="the charger's time")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["charge_point", "-id"], name="status_of_charge_point"),
            # For the status at a given time, whenever it was reported.
            models.Index(
                fields=["charge_point", "evse_id", "connector_id", "-reported_at"],
                name="status_of_connector",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evse_id}/{self.connector_id} {self.ocpp_status}"

    @staticmethod
    def row(
        *,
        charge_point_id: int,
        evse_id: int | None,
        connector_id: int | None,
        status: str,
        ocpp_status: str,
        error_code: str,
        vendor_error_code: str,
        info: str,
        reported_at: datetime,
        received_at: datetime,
    ) -> tuple[Any, ...]:
        """A row for `UnitOfWork.append`: the columns but the id, in their order."""
        return (
            charge_point_id,
            evse_id,
            connector_id,
            status,
            ocpp_status,
            error_code,
            vendor_error_code,
            info,
            reported_at,
            received_at,
        )
