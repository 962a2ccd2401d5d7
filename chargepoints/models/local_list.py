"""The local authorization list of each charge point: as sent, and as reported."""

from django.db import models
from django.db.models.functions import Lower

from chargepoints import key_codes

from .charge_point import ChargePoint
from .id_token import AuthorizationStatus


class LocalList(models.Model):
    """`version`: of the last accepted list; `reported_version`: as the charge point reported."""

    charge_point = models.OneToOneField(
        ChargePoint, primary_key=True, on_delete=models.CASCADE, related_name="local_list"
    )
    version = models.IntegerField(default=0)
    reported_version = models.IntegerField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"version {self.version}"


class LocalListEntry(models.Model):
    local_list = models.ForeignKey(LocalList, on_delete=models.CASCADE, related_name="entries")
    value = models.CharField(max_length=255)
    type = models.CharField(max_length=20, blank=True)
    status = models.CharField(
        max_length=30, choices=AuthorizationStatus, default=AuthorizationStatus.ACCEPTED
    )
    group_id_token = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "local list entries"
        constraints = [
            models.UniqueConstraint(
                "local_list", Lower("value"), "type", name="local_list_entry_unique"
            )
        ]

    def __str__(self) -> str:
        return self.token

    @property
    def token(self) -> str:
        """The token for display, without key codes."""
        return key_codes.shown_value(self.value, self.type)
