"""The intended configuration of all charge points of a model."""

from django.db import models


class ConfigurationTemplate(models.Model):
    """`values` by key, as the command `set_configuration` takes them; no secrets."""

    vendor = models.CharField(max_length=255)
    model = models.CharField(max_length=255)
    values = models.JSONField(default=dict)
    changed_by = models.CharField(max_length=150, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["vendor", "model"]
        constraints = [
            models.UniqueConstraint(fields=["vendor", "model"], name="template_of_model")
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.model}"
