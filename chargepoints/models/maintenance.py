"""Announced maintenance of a charge point, or of a whole site."""

from django.db import models

from .charge_point import ChargePoint


class MaintenanceWindow(models.Model):
    """A time in which the health rules of a charge point or a site are muted."""

    charge_point = models.ForeignKey(
        ChargePoint,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="maintenance_windows",
        help_text="empty: all charge points of the site",
    )
    site = models.CharField(max_length=100, blank=True, help_text="empty: only the charge point")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=255)
    created_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="maintenance_ends_after_it_starts",
                violation_error_message="It has to end after it starts.",
            ),
            models.CheckConstraint(
                condition=models.Q(charge_point=None) ^ models.Q(site=""),
                name="maintenance_of_one_or_of_a_site",
                violation_error_message="Choose either a charge point or a site.",
            ),
        ]

    def __str__(self) -> str:
        return self.reason
