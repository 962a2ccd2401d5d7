"""Where events go: endpoints of core, and the deliveries on their way to them.

A delivery is one HTTP message of fixed content: its id is the `webhook-id` of every attempt.
A lane is one charge point's events on the way to one endpoint; it has at most one delivery in
flight, which keeps the order per charge point.
"""

import uuid

from django.db import models
from django.utils import timezone

from chargepoints.models import ChargePoint, Event


class Endpoint(models.Model):
    name = models.CharField(max_length=100, unique=True)
    url = models.URLField(max_length=500)
    # The newest first; each delivery is signed with all of them while a rotation is on its way.
    secrets = models.JSONField(default=list)
    event_types = models.JSONField(default=list, blank=True, help_text="empty: all of them")
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=255, blank=True)
    # While it does not answer at all, one delivery at a time probes it.
    failures = models.PositiveIntegerField(default=0, editable=False)
    probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        SPLIT = "split", "split into smaller ones"
        DEAD = "dead", "given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    # [[charge point's id, first sequence, last sequence], ...]
    ranges = models.JSONField()
    event_count = models.PositiveIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveIntegerField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_pending",
                condition=models.Q(state="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_count} events to {self.endpoint_id}: {self.state}"


class Lane(models.Model):
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="lanes")
    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="event_lanes"
    )
    delivered_through = models.PositiveBigIntegerField(default=0)
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="lanes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "charge_point"], name="lane_unique")
        ]

    def __str__(self) -> str:
        return f"{self.charge_point_id} to {self.endpoint_id} through {self.delivered_through}"


class DeadLetter(models.Model):
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="dead_letters")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="dead_letters")
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL)
    error = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    resent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"
