"""How a charge point's last connection was secured: for staff who replace certificates."""

from django.db import models

from .charge_point import ChargePoint


class SeenTls(models.Model):
    """TLS and the client certificate, if any, as the proxy last reported them.

    `issuer_key`: the identifier of the key that signed the certificate (RFC 5280, 4.2.1.1); empty
    if the certificate does not contain it.
    """

    charge_point = models.OneToOneField(
        ChargePoint, on_delete=models.CASCADE, primary_key=True, related_name="seen_tls"
    )
    at = models.DateTimeField(help_text="to the hour")
    version = models.CharField("TLS", max_length=20, blank=True)
    suite = models.CharField(max_length=60, blank=True)
    certificate_serial = models.CharField(max_length=40, blank=True)
    certificate_subject = models.CharField(max_length=255, blank=True)
    certificate_issuer = models.CharField(max_length=255, blank=True)
    certificate_expires_at = models.DateTimeField(null=True, blank=True)
    issuer_key = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["charge_point"]
        verbose_name = verbose_name_plural = "TLS of charge points"

    def __str__(self) -> str:
        return f"{self.version} {self.suite}"
