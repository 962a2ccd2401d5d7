"""Security events that charge points report, and their installed certificates."""

from django.db import models

from .charge_point import ChargePoint


class SecurityEvent(models.Model):
    """One SecurityEventNotification (2.0.1 A04, 1.6 security whitepaper 4.3)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="security_events"
    )
    type = models.CharField(max_length=50)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    tech_info = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "type", "occurred_at", "tech_info"],
                name="security_event_unique",
            )
        ]

    def __str__(self) -> str:
        return self.type


class InstalledCertificate(models.Model):
    """A certificate in a charge point's store, as it was last listed; identified by its hashes."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="certificates"
    )
    use = models.CharField(max_length=30)
    hash_algorithm = models.CharField(max_length=10)
    issuer_name_hash = models.CharField(max_length=128)
    issuer_key_hash = models.CharField(max_length=128)
    serial_number = models.CharField(max_length=40)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["use", "serial_number"]

    def __str__(self) -> str:
        return f"{self.use} {self.serial_number}"
