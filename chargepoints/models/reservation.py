"""Reservations of connectors, from the request to their use or their end."""

from django.db import models

from chargepoints import key_codes

from .charge_point import ChargePoint
from .command import Command
from .transaction import Transaction


class Reservation(models.Model):
    class State(models.TextChoices):
        REQUESTED = "requested"
        ACTIVE = "active"
        REJECTED = "rejected"
        CANCELLED = "cancelled"
        USED = "used"
        EXPIRED = "expired"
        REMOVED = "removed", "removed by the charge point"

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="reservations"
    )
    reservation_id = models.IntegerField()
    evse_id = models.PositiveIntegerField(null=True, blank=True, help_text="empty: any")
    id_token = models.CharField(max_length=255)
    id_token_type = models.CharField(max_length=20, blank=True)
    group_id_token = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    created_at = models.DateTimeField(auto_now_add=True)
    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    command = models.ForeignKey(
        Command, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "reservation_id"], name="reservation_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="reservation_open",
                condition=models.Q(state__in=["active", "requested"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reservation_id}: {self.state}"

    @property
    def token(self) -> str:
        """The token for display, without key codes."""
        return key_codes.shown_value(self.id_token, self.id_token_type)
