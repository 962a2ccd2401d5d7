"""Endpoints of core that receive events, and the deliveries to them.

A delivery is one HTTP message of fixed content: its id is the `webhook-id` of every attempt.
A lane is the queue of one charge point's events for one endpoint; it has at most one delivery
in flight, which keeps the order per charge point. A process that changes lanes or deliveries
of an endpoint must hold the lock of the endpoint's row.
"""

import uuid

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from chargepoints.models import ChargePoint, Event
from chargepoints.sealed import SealedField


class Endpoint(models.Model):
    name = models.CharField(max_length=100, unique=True)
    url = models.CharField(
        "URL", max_length=500, validators=[URLValidator(schemes=["http", "https"])]
    )
    # Standard Webhooks secrets; during a rotation each delivery is signed with all of them.
    secrets = SealedField(default=list, editable=False)
    event_types = models.JSONField(default=list, blank=True, help_text="empty: all types")
    # If both are empty: all charge points.
    sites = models.JSONField(default=list, blank=True)
    charge_points = models.JSONField(default=list, blank=True, help_text="identities")
    enabled = models.BooleanField(default=True, help_text="if off, its events wait")
    disabled_reason = models.CharField(max_length=255, blank=True, editable=False)
    from_environment = models.BooleanField(
        default=False, editable=False, help_text="the endpoint of EVENTS_URL"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    read_through = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text="the position in the feed up to which its lanes have been updated",
    )
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="failed attempts since the last success"
    )
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set while the endpoint does not answer; single deliveries probe it.
    down_since = models.DateTimeField(null=True, blank=True, editable=False)
    probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    hold_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="from its Retry-After"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def signing_secrets(self) -> list[str]:
        secrets: list[str] = settings.EVENTS_SECRETS if self.from_environment else self.secrets
        return secrets


class Delivery(models.Model):
    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        SPLIT = "split", "split into smaller ones"
        DEAD = "dead", "given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    # Primary keys, in the order of the feed.
    event_ids = models.JSONField()
    event_count = models.PositiveIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    strikes = models.PositiveIntegerField(
        default=0, help_text="attempts that failed although the endpoint works"
    )
    next_attempt_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveIntegerField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_answer = models.TextField(blank=True, help_text="the beginning of its last answer")
    last_duration_ms = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                name="delivery_pending",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["-created_at"], name="delivery_recent"),
        ]

    def __str__(self) -> str:
        noun = "event" if self.event_count == 1 else "events"
        return f"{self.event_count} {noun}, {self.get_state_display()}"


class Lane(models.Model):
    """`replay` lanes repeat events that were already sent, and are deleted when finished."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="lanes")
    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="event_lanes"
    )
    replay = models.BooleanField(default=False)
    delivered_through = models.PositiveBigIntegerField(
        help_text="sequence of the last delivered event"
    )
    pending_through = models.PositiveBigIntegerField(help_text="sequence of the last waiting event")
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="lanes"
    )
    # Set while the lane may contain an event that core rejects: its events then get their own
    # deliveries, with at most this many events.
    batch_limit = models.PositiveIntegerField(null=True, blank=True)
    served_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "charge_point", "replay"], name="lane_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "served_at"],
                name="lane_waiting",
                condition=Q(delivery=None, pending_through__gt=F("delivered_through")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.charge_point_id} to {self.endpoint_id} through {self.delivered_through}"


class DeadLetter(models.Model):
    """An event that an endpoint rejected in all attempts; later events of its lane were sent."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="dead_letters")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="dead_letters")
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="dead_letters"
    )
    error = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    resent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="dead_letter_unique")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"
