"""What the configuration of a model's charge points should be."""

from django.db import models


class ConfigurationTemplate(models.Model):
    """`values` are by key, as the command `set_configuration` takes them; none is a secret."""

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
