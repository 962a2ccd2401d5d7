"""All tables as the first release had them."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import chargepoints.sealed


class Migration(migrations.Migration):
    initial = True

    # What an installation from before the first release has applied stands for this one.
    replaces = [
        ("core_link", "0001_initial"),
        ("core_link", "0002_endpoints_of_some_charge_points"),
        ("core_link", "0003_sealed_secrets"),
    ]

    dependencies = [
        ("chargepoints", "0001_release"),
    ]

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "url",
                    models.CharField(
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                        verbose_name="URL",
                    ),
                ),
                ("secrets", chargepoints.sealed.SealedField(default=list, editable=False)),
                (
                    "event_types",
                    models.JSONField(blank=True, default=list, help_text="empty: all of them"),
                ),
                ("enabled", models.BooleanField(default=True, help_text="off: its events wait")),
                ("disabled_reason", models.CharField(blank=True, editable=False, max_length=255)),
                (
                    "from_environment",
                    models.BooleanField(
                        default=False, editable=False, help_text="the one that EVENTS_URL names"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "read_through",
                    models.PositiveBigIntegerField(
                        default=0,
                        editable=False,
                        help_text="the place in the feed up to which lanes know of it",
                    ),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="attempts in a row without a success"
                    ),
                ),
                ("last_success_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("down_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("probe_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "hold_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="it asked for this (Retry-After)",
                        null=True,
                    ),
                ),
                (
                    "charge_points",
                    models.JSONField(blank=True, default=list, help_text="identities"),
                ),
                ("sites", models.JSONField(blank=True, default=list)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("split", "split into smaller ones"),
                            ("dead", "given up"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("event_ids", models.JSONField()),
                ("event_count", models.PositiveIntegerField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "strikes",
                    models.PositiveIntegerField(
                        default=0, help_text="attempts that failed although the endpoint was well"
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("last_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("last_status", models.PositiveIntegerField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="core_link.endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["endpoint", "next_attempt_at"],
                        name="delivery_pending",
                    ),
                    models.Index(fields=["-created_at"], name="delivery_recent"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("error", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dead_letters",
                        to="chargepoints.event",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="dead_letters",
                        to="core_link.delivery",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dead_letters",
                        to="core_link.endpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "event"), name="dead_letter_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("replay", models.BooleanField(default=False)),
                (
                    "delivered_through",
                    models.PositiveBigIntegerField(help_text="sequence of its last event"),
                ),
                (
                    "pending_through",
                    models.PositiveBigIntegerField(help_text="sequence of the last one waiting"),
                ),
                ("batch_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("served_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="event_lanes",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="lanes",
                        to="core_link.delivery",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lanes",
                        to="core_link.endpoint",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("delivery", None),
                            ("pending_through__gt", models.F("delivered_through")),
                        ),
                        fields=["endpoint", "served_at"],
                        name="lane_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("endpoint", "charge_point", "replay"), name="lane_unique"
                    )
                ],
            },
        ),
    ]
