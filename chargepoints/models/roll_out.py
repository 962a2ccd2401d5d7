"""Roll-outs: one command for many charge points, in waves."""

import uuid

from django.db import models
from django.db.models import Q

from .charge_point import ChargePoint
from .command import Command


class RollOut(models.Model):
    """The command and its limits; `finished_at` is set once nothing more can happen.

    The first wave is number 0. `forgiven` is the number of failures when it was resumed after a
    halt: only further ones count.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        HALTED = "halted"
        CANCELLED = "cancelled"
        FINISHED = "finished"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=150)
    # Empty: none was given.
    idempotency_key = models.CharField(max_length=255, blank=True)
    body_digest = models.CharField(max_length=64)

    wave_sizes = models.JSONField(help_text="how many charge points each wave has")
    halt_after = models.PositiveIntegerField(help_text="number of failures")
    at_once = models.PositiveIntegerField(help_text="commands in progress at the same time")
    during_transactions = models.BooleanField(default=False)
    wait_s = models.PositiveIntegerField(
        help_text="seconds to wait for an offline or charging charge point before it is skipped"
    )
    back_within_s = models.PositiveIntegerField(
        help_text="seconds within which a charge point must be online again after its command"
    )

    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    halted_because = models.CharField(max_length=255, blank=True)
    wave = models.PositiveIntegerField(default=0)
    wave_began_at = models.DateTimeField()
    forgiven = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="roll_out_idempotent",
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="roll_out_open", condition=Q(finished_at=None)
            ),
        ]

    def __str__(self) -> str:
        count = sum(self.wave_sizes)
        return f"{self.type} for {count} charge point{'s' if count != 1 else ''}"


class RollOutTarget(models.Model):
    """One charge point of a roll-out, and its result."""

    class State(models.TextChoices):
        WAITING = "waiting"
        UNDER_WAY = "under_way"
        WELL = "well"
        FAILED = "failed"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"

    roll_out = models.ForeignKey(RollOut, on_delete=models.CASCADE, related_name="targets")
    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="+")
    wave = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # A command that was never sent is created again, with its own number.
    attempt = models.PositiveIntegerField(default=0)
    command = models.ForeignKey(
        Command, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    firmware_before = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=50, blank=True)
    detail = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["roll_out", "charge_point"], name="roll_out_once_each")
        ]
        indexes = [models.Index(fields=["roll_out", "state", "wave"], name="roll_out_progress")]

    def __str__(self) -> str:
        return f"{self.charge_point_id}: {self.state}"
