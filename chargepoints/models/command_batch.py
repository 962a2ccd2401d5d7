"""Batches: one command for many charge points."""

import uuid

from django.db import models


class CommandBatch(models.Model):
    """One command for many charge points; each of its `Command` rows refers to it.

    `targets` are primary keys of charge points. `refused` contains [{charge_point, code, detail}]
    for those without a command; it is complete once `submitted_at` is set.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    targets = models.JSONField()
    refused = models.JSONField(default=list)
    requested_by = models.CharField(max_length=150)
    # Empty: none was given.
    idempotency_key = models.CharField(max_length=255, blank=True)
    body_digest = models.CharField(max_length=64)
    not_before = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "command batches"
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="batch_idempotent",
            )
        ]

    def __str__(self) -> str:
        count = len(self.targets)
        return f"{self.type} for {count} charge point{'s' if count != 1 else ''}"
