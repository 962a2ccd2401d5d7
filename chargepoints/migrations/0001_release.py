"""All tables as the first release had them."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import chargepoints.models.connection
import chargepoints.models.hosted_file
import chargepoints.models.site
import chargepoints.sealed


def open_feed(apps, schema_editor):
    apps.get_model("chargepoints", "EventFeed").objects.create()


class Migration(migrations.Migration):
    initial = True

    # What an installation from before the first release has applied stands for this one.
    replaces = [
        ("chargepoints", "0001_initial"),
        ("chargepoints", "0003_longer_messages_and_locations"),
        ("chargepoints", "0004_connections_without_constraints_and_failures_by_minute"),
        ("chargepoints", "0005_charge_point_file_transfer"),
        ("chargepoints", "0006_orphaned_transactions"),
        ("chargepoints", "0007_transaction_registers"),
        ("chargepoints", "0008_event_streams"),
        ("chargepoints", "0009_vehicles_and_limits"),
        ("chargepoints", "0010_purposes_of_profiles"),
        ("chargepoints", "0011_token_decisions"),
        ("chargepoints", "0012_indexes_of_searches"),
        ("chargepoints", "0013_tariffs_and_der_controls"),
        ("chargepoints", "0014_data_collector_logs"),
        ("chargepoints", "0015_roll_outs"),
        ("chargepoints", "0016_whose_time_it_is"),
        ("chargepoints", "0017_monitor_origins_and_translations"),
        ("chargepoints", "0018_transactions_by_end"),
        ("chargepoints", "0019_configuration_templates"),
        ("chargepoints", "0020_maintenance_windows"),
        ("chargepoints", "0021_fleet_samples"),
        ("chargepoints", "0022_certificate_expiry"),
        ("chargepoints", "0023_sites_and_their_times"),
        ("chargepoints", "0024_trace_ids_of_commands"),
        ("chargepoints", "0025_commands_by_trace"),
        ("chargepoints", "0026_mirrors"),
        ("chargepoints", "0027_peppers"),
        ("chargepoints", "0028_sealed_passwords_of_mirrors"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("read", "Read"),
                            ("operate", "operate: read, and commands"),
                            ("admin", "admin: operate, and change what is registered"),
                        ],
                        default="read",
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ChargePoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "identity",
                    models.CharField(
                        max_length=48,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9*\\-_=:+|@. ]{1,48}$",
                                "1 to 48 characters: letters, digits, space and * - _ = : + | @ .",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100)),
                (
                    "external_id",
                    models.CharField(blank=True, help_text="core's own key", max_length=100),
                ),
                ("site", models.CharField(blank=True, db_index=True, max_length=100)),
                (
                    "registration",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                        ],
                        db_index=True,
                        default="accepted",
                        max_length=10,
                    ),
                ),
                (
                    "security_profile",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="0: no authentication, 1: Basic, 2: TLS and Basic, 3: TLS, client cert",
                    ),
                ),
                (
                    "next_security_profile",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        editable=False,
                        help_text="accepted by it, and not yet used",
                        null=True,
                    ),
                ),
                (
                    "pinned_protocol",
                    models.CharField(
                        blank=True,
                        help_text="the one subprotocol to speak, e.g. ocpp1.6",
                        max_length=20,
                    ),
                ),
                (
                    "strict",
                    models.BooleanField(
                        default=False,
                        help_text="answer soft defects with a CALLERROR, as certification asks",
                    ),
                ),
                (
                    "check_user_name",
                    models.BooleanField(
                        default=True, help_text="the Basic user name must be the identity"
                    ),
                ),
                (
                    "proactive",
                    models.BooleanField(
                        default=True, help_text="the gateway may send requests of its own accord"
                    ),
                ),
                (
                    "core_unreachable",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cached_then_accept", "Cached Then Accept"),
                            ("cached_then_reject", "Cached Then Reject"),
                            ("accept", "Accept"),
                            ("reject", "Reject"),
                        ],
                        help_text="empty: that of its site, or of the server",
                        max_length=20,
                    ),
                ),
                (
                    "heartbeat_interval",
                    models.PositiveIntegerField(
                        blank=True, help_text="seconds; empty: the server's own", null=True
                    ),
                ),
                (
                    "settings_changed_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("vendor", models.CharField(blank=True, max_length=255)),
                ("model", models.CharField(blank=True, max_length=255)),
                ("serial_number", models.CharField(blank=True, max_length=255)),
                ("firmware_version", models.CharField(blank=True, max_length=255)),
                ("iccid", models.CharField(blank=True, max_length=255)),
                ("imsi", models.CharField(blank=True, max_length=255)),
                ("boot_accepted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("booted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("boot_reason", models.CharField(blank=True, editable=False, max_length=50)),
                (
                    "assigned_quirks",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="quirk profiles that staff gave it, by name",
                    ),
                ),
                (
                    "quirks",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        editable=False,
                        help_text="those and what fitted at the last boot",
                    ),
                ),
                (
                    "clock_skew_s",
                    models.IntegerField(
                        blank=True,
                        editable=False,
                        help_text="by how much its clock is ahead of ours",
                        null=True,
                    ),
                ),
                (
                    "boot_asked_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="connected without a boot, asked for one",
                        null=True,
                    ),
                ),
                (
                    "deaf_since",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="it answers none of our requests",
                        null=True,
                    ),
                ),
                ("status", models.CharField(blank=True, editable=False, max_length=20)),
                ("error_code", models.CharField(blank=True, editable=False, max_length=100)),
                ("status_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "protocol",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="the subprotocol negotiated last",
                        max_length=20,
                    ),
                ),
                ("last_seen_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "reported_online",
                    models.BooleanField(
                        default=False, editable=False, help_text="what core was told last"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "file_transfer",
                    models.CharField(
                        blank=True,
                        choices=[("http", "HTTP"), ("ftp", "FTP")],
                        help_text="how it fetches and uploads files of the gateway; empty: as it announces",
                        max_length=4,
                    ),
                ),
                (
                    "certificate_expires_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="of the client certificate it took last",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["identity"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("identity"),
                        name="identity_unique_in_any_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EventFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_position", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="FirmwareFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="as chargers see it in the URL", max_length=100, unique=True
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        storage=chargepoints.models.hosted_file.storage, upload_to="firmware/"
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, editable=False)),
                ("sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("md5", models.CharField(blank=True, editable=False, max_length=32)),
                ("signing_certificate", models.TextField(blank=True, help_text="PEM")),
                ("signature", models.TextField(blank=True, help_text="base64")),
                ("uploaded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-uploaded_at"],
            },
        ),
        migrations.CreateModel(
            name="FleetSample",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(unique=True)),
                ("power_w", models.FloatField()),
                ("charging", models.PositiveIntegerField()),
                ("online", models.PositiveIntegerField()),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="QuirkProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "vendor",
                    models.CharField(
                        blank=True,
                        help_text="in any case; * stands for any text; empty: only where staff assign it",
                        max_length=255,
                    ),
                ),
                ("model", models.CharField(default="*", help_text="likewise", max_length=255)),
                (
                    "firmware_from",
                    models.CharField(blank=True, help_text="this one is in", max_length=50),
                ),
                (
                    "firmware_to",
                    models.CharField(blank=True, help_text="this one is still in", max_length=50),
                ),
                ("settings", models.JSONField(default=dict)),
                ("note", models.TextField(blank=True, help_text="what was seen, and where")),
                ("enabled", models.BooleanField(default=True)),
                (
                    "applied",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="how many boots it was applied at"
                    ),
                ),
                ("applied_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["vendor", "model"],
            },
        ),
        migrations.CreateModel(
            name="ServerProcess",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "heartbeat_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
            ],
            options={
                "verbose_name_plural": "server processes",
            },
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "time_zone",
                    models.CharField(
                        default="UTC",
                        max_length=64,
                        validators=[chargepoints.models.site.check_time_zone],
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ChargePointCounters",
            fields=[
                (
                    "charge_point",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="counters",
                        serialize=False,
                        to="chargepoints.chargepoint",
                    ),
                ),
                ("event_sequence", models.PositiveBigIntegerField(default=0)),
                ("transaction_number", models.PositiveIntegerField(default=0)),
                ("request_number", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="LocalList",
            fields=[
                (
                    "charge_point",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="local_list",
                        serialize=False,
                        to="chargepoints.chargepoint",
                    ),
                ),
                ("version", models.IntegerField(default=0)),
                ("reported_version", models.IntegerField(blank=True, null=True)),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("updated_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CommandBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("args", models.JSONField(default=dict)),
                ("targets", models.JSONField()),
                ("refused", models.JSONField(default=list)),
                ("requested_by", models.CharField(max_length=150)),
                ("idempotency_key", models.CharField(blank=True, max_length=255)),
                ("body_digest", models.CharField(max_length=64)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "command batches",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("idempotency_key", ""), _negated=True),
                        fields=("requested_by", "idempotency_key"),
                        name="batch_idempotent",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConfigurationTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("vendor", models.CharField(max_length=255)),
                ("model", models.CharField(max_length=255)),
                ("values", models.JSONField(default=dict)),
                ("changed_by", models.CharField(blank=True, editable=False, max_length=150)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["vendor", "model"],
                "constraints": [
                    models.UniqueConstraint(fields=("vendor", "model"), name="template_of_model")
                ],
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=chargepoints.models.connection.new_epoch,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("protocol", models.CharField(max_length=20)),
                ("remote_address", models.CharField(blank=True, max_length=64)),
                ("path", models.CharField(max_length=255)),
                ("deviations", models.JSONField(default=list)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("close_code", models.PositiveIntegerField(blank=True, null=True)),
                ("close_reason", models.CharField(blank=True, max_length=100)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="connections",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="connections",
                        to="chargepoints.serverprocess",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["server"],
                        name="connection_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("args", models.JSONField(default=dict)),
                ("requested_by", models.CharField(max_length=150)),
                ("idempotency_key", models.CharField(blank=True, max_length=255, null=True)),
                ("body_digest", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("callerror", "Callerror"),
                            ("timeout", "Timeout"),
                            ("expired", "Expired"),
                            ("cancelled", "Cancelled"),
                            ("effect_confirmed", "Effect Confirmed"),
                            ("no_effect", "No Effect"),
                        ],
                        default="queued",
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "timeout_s",
                    models.PositiveIntegerField(default=30, help_text="for the charger's answer"),
                ),
                ("ocpp_version", models.CharField(blank=True, max_length=10)),
                ("action", models.CharField(blank=True, max_length=50)),
                ("message_id", models.CharField(blank=True, max_length=36)),
                ("request", models.JSONField(blank=True, null=True)),
                ("response", models.JSONField(blank=True, null=True)),
                ("duration_ms", models.FloatField(blank=True, null=True)),
                (
                    "result",
                    models.JSONField(
                        blank=True,
                        help_text="what the charge point sent later because of it, in parts",
                        null=True,
                    ),
                ),
                (
                    "cautions",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="what looked wrong about it; it was sent all the same",
                    ),
                ),
                (
                    "error_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("station", "Station"),
                            ("callerror", "Callerror"),
                            ("transport", "Transport"),
                            ("gateway", "Gateway"),
                        ],
                        max_length=10,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=50)),
                ("error_detail", models.TextField(blank=True)),
                ("effect_key", models.CharField(blank=True, max_length=100)),
                ("effect_deadline", models.DateTimeField(blank=True, null=True)),
                (
                    "only_idle",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="not sent while a transaction is open",
                    ),
                ),
                (
                    "trace_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="core's own (traceparent)",
                        max_length=32,
                    ),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="commands",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="commands",
                        to="chargepoints.commandbatch",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="commands",
                        to="chargepoints.connection",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("operate_chargepoint", "Can send the commands of daily support"),
                    ("engineer_chargepoint", "Can send every command"),
                ],
                "indexes": [
                    models.Index(fields=["-created_at"], name="command_recent"),
                    models.Index(
                        fields=["charge_point", "-created_at"], name="command_of_charge_point"
                    ),
                    models.Index(
                        condition=models.Q(("finished_at", None)),
                        fields=["charge_point"],
                        name="command_unfinished",
                    ),
                    models.Index(
                        condition=models.Q(("trace_id", ""), _negated=True),
                        fields=["trace_id"],
                        name="command_of_trace",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("requested_by", "idempotency_key"), name="command_idempotent"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="chargepoint",
            name="connection",
            field=models.OneToOneField(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="the open connection; its row is the epoch every change is fenced by",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="current_of",
                to="chargepoints.connection",
            ),
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("salt", models.BinaryField(max_length=16)),
                ("digest", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("pepper", models.CharField(blank=True, db_default="", default="", max_length=8)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credentials",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="DerControl",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("control_id", models.CharField(max_length=36)),
                (
                    "type",
                    models.CharField(
                        help_text="as OCPP names it: VoltVar, LimitMaxDischarge", max_length=30
                    ),
                ),
                ("is_default", models.BooleanField(default=False)),
                ("is_superseded", models.BooleanField(default=False)),
                ("started", models.BooleanField(help_text="told last: begun, or ended", null=True)),
                ("setting", models.JSONField()),
                ("read_at", models.DateTimeField()),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="der_controls",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "DER control",
                "ordering": ["type", "control_id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "control_id"), name="der_control_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DisplayMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.BigIntegerField(help_text="the message's id on this charge point"),
                ),
                ("content", models.TextField()),
                ("format", models.CharField(blank=True, max_length=10)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("priority", models.CharField(max_length=20)),
                ("state", models.CharField(blank=True, max_length=20)),
                ("transaction_id", models.CharField(blank=True, max_length=36)),
                ("start_at", models.DateTimeField(blank=True, null=True)),
                ("end_at", models.DateTimeField(blank=True, null=True)),
                ("read_at", models.DateTimeField()),
                (
                    "translations",
                    models.JSONField(
                        blank=True, default=list, help_text="the same in other languages"
                    ),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="display_messages",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "number"), name="display_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveBigIntegerField()),
                ("position", models.PositiveBigIntegerField(null=True)),
                ("type", models.CharField(max_length=50)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "time_quality",
                    models.CharField(
                        choices=[
                            ("charger", "Charger"),
                            ("estimated", "Estimated"),
                            ("gateway", "Gateway"),
                        ],
                        default="charger",
                        max_length=10,
                    ),
                ),
                ("backfill", models.BooleanField(default=False)),
                ("deviations", models.JSONField(default=list)),
                ("data", models.JSONField()),
                ("ocpp", models.JSONField(null=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("position", None)),
                        fields=["id"],
                        name="event_unpositioned",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "sequence"), name="event_sequence_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("position__isnull", False)),
                        fields=("position",),
                        name="event_position_unique",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventStream",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.BigIntegerField(help_text="the charge point's own id of the stream"),
                ),
                (
                    "monitor_number",
                    models.BigIntegerField(
                        blank=True,
                        help_text="the id of the monitor whose values it carries",
                        null=True,
                    ),
                ),
                (
                    "interval_s",
                    models.PositiveIntegerField(
                        blank=True, help_text="how long it gathers values at most", null=True
                    ),
                ),
                (
                    "values_at_once",
                    models.PositiveIntegerField(
                        blank=True, help_text="how many values it gathers at most", null=True
                    ),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("value", models.CharField(blank=True, max_length=2500)),
                ("value_at", models.DateTimeField(blank=True, null=True)),
                (
                    "pending",
                    models.PositiveIntegerField(
                        default=0, help_text="how many values still waited at the charge point"
                    ),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="event_streams",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "number"), name="event_stream_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Evse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("evse_id", models.PositiveIntegerField()),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evses",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["evse_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("charge_point", "evse_id"), name="evse_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Connector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connector_id", models.PositiveIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("available", "Available"),
                            ("occupied", "Occupied"),
                            ("reserved", "Reserved"),
                            ("unavailable", "Unavailable"),
                            ("faulted", "Faulted"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=20,
                    ),
                ),
                (
                    "ocpp_status",
                    models.CharField(blank=True, help_text="as the charger said it", max_length=50),
                ),
                ("error_code", models.CharField(blank=True, max_length=100)),
                ("vendor_error_code", models.CharField(blank=True, max_length=255)),
                ("info", models.CharField(blank=True, max_length=255)),
                (
                    "status_at",
                    models.DateTimeField(blank=True, help_text="the charger's time", null=True),
                ),
                (
                    "repeats",
                    models.PositiveIntegerField(
                        default=0, help_text="how often the same state was reported again"
                    ),
                ),
                (
                    "evse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="connectors",
                        to="chargepoints.evse",
                    ),
                ),
            ],
            options={
                "ordering": ["evse", "connector_id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("evse", "connector_id"), name="connector_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FirmwareLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("fetched", models.PositiveIntegerField(default=0)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "firmware",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="chargepoints.firmwarefile",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FirmwareUpdate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("request_id", models.IntegerField(blank=True, null=True)),
                ("location", models.CharField(blank=True, max_length=2000)),
                ("status", models.CharField(blank=True, max_length=50)),
                ("status_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="firmware_updates",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chargepoints.command",
                    ),
                ),
                (
                    "firmware",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chargepoints.firmwarefile",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="HandshakeRefusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.CharField(max_length=255)),
                ("address", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=50)),
                ("remedy", models.CharField(max_length=255)),
                ("status_code", models.PositiveSmallIntegerField()),
                ("path", models.CharField(max_length=255)),
                ("user", models.CharField(blank=True, max_length=255)),
                ("offered_protocols", models.CharField(blank=True, max_length=255)),
                ("count", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("window_count", models.PositiveIntegerField(default=1)),
                (
                    "window_started_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="begin of the minute that `window_count` is of",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at"],
                "indexes": [
                    models.Index(fields=["address", "window_started_at"], name="refusal_of_address")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("identity", "address", "reason"), name="refusal_counted_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IdToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.CharField(max_length=255)),
                (
                    "type",
                    models.CharField(
                        blank=True,
                        help_text="ISO14443, eMAID, ...; empty: of any type (1.6)",
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("blocked", "Blocked"),
                            ("concurrent_tx", "Concurrent Tx"),
                            ("expired", "Expired"),
                            ("invalid", "Invalid"),
                            ("no_credit", "No Credit"),
                            ("not_allowed_type_evse", "Not Allowed Type Evse"),
                            ("not_at_this_location", "Not At This Location"),
                            ("not_at_this_time", "Not At This Time"),
                            ("unknown", "Unknown"),
                        ],
                        default="accepted",
                        max_length=30,
                    ),
                ),
                ("group_id_token", models.CharField(blank=True, max_length=255)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("personal_message", models.CharField(blank=True, max_length=1024)),
                (
                    "source",
                    models.CharField(
                        choices=[("own", "Own"), ("core", "Core")], default="own", max_length=10
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, help_text="when core said so", null=True),
                ),
                (
                    "fresh_until",
                    models.DateTimeField(
                        blank=True, help_text="until then core is not asked again", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "ID token",
                "ordering": ["value"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("value"),
                        models.F("type"),
                        models.F("source"),
                        name="id_token_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InstalledCertificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(max_length=30)),
                ("hash_algorithm", models.CharField(max_length=10)),
                ("issuer_name_hash", models.CharField(max_length=128)),
                ("issuer_key_hash", models.CharField(max_length=128)),
                ("serial_number", models.CharField(max_length=40)),
                ("read_at", models.DateTimeField()),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="certificates",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["use", "serial_number"],
            },
        ),
        migrations.CreateModel(
            name="MaintenanceWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "site",
                    models.CharField(
                        blank=True, help_text="empty: the charge point alone", max_length=100
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(db_index=True)),
                ("reason", models.CharField(max_length=255)),
                ("created_by", models.CharField(blank=True, editable=False, max_length=150)),
                (
                    "charge_point",
                    models.ForeignKey(
                        blank=True,
                        help_text="empty: all of the site",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="maintenance_windows",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-starts_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="maintenance_ends_after_it_starts",
                        violation_error_message="It has to end after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("charge_point", None), ("site", ""), _connector="XOR"),
                        name="maintenance_of_one_or_of_a_site",
                        violation_error_message="Choose either a charge point or a site.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("in", "from charger"), ("out", "to charger")], max_length=3
                    ),
                ),
                ("action", models.CharField(blank=True, max_length=50)),
                ("message_id", models.CharField(blank=True, max_length=255)),
                ("request", models.TextField(help_text="the frame as it went over the socket")),
                (
                    "reply",
                    models.TextField(blank=True, help_text="the frame as it went over the socket"),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("result", "Result"),
                            ("error", "CALLERROR"),
                            ("timeout", "Timeout"),
                            ("none", "no answer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=50)),
                ("deviations", models.JSONField(default=list)),
                ("started_at", models.DateTimeField()),
                ("duration_ms", models.FloatField(null=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="messages",
                        to="chargepoints.connection",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["charge_point", "-id"], name="message_of_charge_point"),
                    models.Index(
                        condition=models.Q(("outcome", "result"), _negated=True),
                        fields=["outcome", "-id"],
                        name="message_without_result",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mirror",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "url",
                    models.CharField(
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["ws", "wss"])],
                        verbose_name="URL",
                    ),
                ),
                ("password", chargepoints.sealed.SealedField(blank=True, default="")),
                ("enabled", models.BooleanField(default=True)),
                (
                    "allowed_actions",
                    models.JSONField(blank=True, default=list, help_text="none: it only listens"),
                ),
                (
                    "told_through",
                    models.BigIntegerField(default=0, help_text="the id of the last message"),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connected_at",
                    models.DateTimeField(blank=True, help_text="null: it is away", null=True),
                ),
                ("error", models.CharField(blank=True, max_length=255)),
                ("transaction_ids", models.JSONField(blank=True, default=dict)),
                ("held_by", models.UUIDField(blank=True, null=True)),
                ("held_until", models.DateTimeField(blank=True, null=True)),
                (
                    "charge_point",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mirror",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["charge_point"],
            },
        ),
        migrations.CreateModel(
            name="Monitor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.BigIntegerField(help_text="the charge point's own id of the monitor"),
                ),
                ("component", models.CharField(max_length=50)),
                ("component_instance", models.CharField(blank=True, max_length=50)),
                ("evse_id", models.PositiveIntegerField(default=0, help_text="0: none")),
                ("connector_id", models.PositiveIntegerField(default=0, help_text="0: none")),
                ("variable", models.CharField(max_length=50)),
                ("instance", models.CharField(blank=True, max_length=50)),
                ("type", models.CharField(max_length=30)),
                ("value", models.FloatField()),
                ("severity", models.PositiveSmallIntegerField()),
                ("transaction", models.BooleanField(default=False)),
                ("read_at", models.DateTimeField()),
                (
                    "event_notification_type",
                    models.CharField(
                        blank=True,
                        help_text="how it came to be; empty: it does not say",
                        max_length=30,
                    ),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="monitors",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "number"), name="monitor_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MonitoringEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.BigIntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("trigger", models.CharField(max_length=20)),
                ("notification_type", models.CharField(max_length=40)),
                ("component", models.CharField(max_length=50)),
                ("evse_id", models.PositiveIntegerField(null=True)),
                ("connector_id", models.PositiveIntegerField(null=True)),
                ("variable", models.CharField(max_length=50)),
                ("actual_value", models.TextField()),
                ("cleared", models.BooleanField(default=False)),
                ("data", models.JSONField(help_text="the eventData as the charger sent it")),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="monitoring_events",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("charge_point"),
                        models.F("event_id"),
                        models.F("occurred_at"),
                        models.F("component"),
                        models.F("variable"),
                        django.db.models.functions.comparison.Coalesce("evse_id", 0),
                        django.db.models.functions.comparison.Coalesce("connector_id", 0),
                        name="monitoring_event_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuirkUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("setting", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quirk_uses",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["setting"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "setting"), name="quirk_use_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RollOut",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("args", models.JSONField(default=dict)),
                ("requested_by", models.CharField(max_length=150)),
                ("idempotency_key", models.CharField(blank=True, max_length=255)),
                ("body_digest", models.CharField(max_length=64)),
                ("wave_sizes", models.JSONField(help_text="how many charge points each wave has")),
                ("halt_after", models.PositiveIntegerField(help_text="failures")),
                ("at_once", models.PositiveIntegerField(help_text="commands under way at a time")),
                ("during_transactions", models.BooleanField(default=False)),
                (
                    "wait_s",
                    models.PositiveIntegerField(
                        help_text="for a charge point that is offline or charging, before it is left out"
                    ),
                ),
                (
                    "back_within_s",
                    models.PositiveIntegerField(
                        help_text="in which a charge point has to be online again after its command"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("halted", "Halted"),
                            ("cancelled", "Cancelled"),
                            ("finished", "Finished"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("halted_because", models.CharField(blank=True, max_length=255)),
                ("wave", models.PositiveIntegerField(default=0)),
                ("wave_began_at", models.DateTimeField()),
                ("forgiven", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)),
                        fields=["created_at"],
                        name="roll_out_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("idempotency_key", ""), _negated=True),
                        fields=("requested_by", "idempotency_key"),
                        name="roll_out_idempotent",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RollOutTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("wave", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("under_way", "Under Way"),
                            ("well", "Well"),
                            ("failed", "Failed"),
                            ("skipped", "Skipped"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("firmware_before", models.CharField(blank=True, max_length=255)),
                ("code", models.CharField(blank=True, max_length=50)),
                ("detail", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chargepoints.command",
                    ),
                ),
                (
                    "roll_out",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="chargepoints.rollout",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["roll_out", "state", "wave"], name="roll_out_progress")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("roll_out", "charge_point"), name="roll_out_once_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(max_length=50)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("tech_info", models.CharField(blank=True, max_length=255)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="security_events",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "type", "occurred_at", "tech_info"),
                        name="security_event_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffTimes",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        max_length=64,
                        validators=[chargepoints.models.site.check_time_zone],
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("evse_id", models.PositiveIntegerField(null=True)),
                ("connector_id", models.PositiveIntegerField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("available", "Available"),
                            ("occupied", "Occupied"),
                            ("reserved", "Reserved"),
                            ("unavailable", "Unavailable"),
                            ("faulted", "Faulted"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("ocpp_status", models.CharField(max_length=50)),
                ("error_code", models.CharField(blank=True, max_length=100)),
                ("vendor_error_code", models.CharField(blank=True, max_length=255)),
                ("info", models.CharField(blank=True, max_length=255)),
                ("reported_at", models.DateTimeField(help_text="the charger's time")),
                ("received_at", models.DateTimeField()),
                (
                    "charge_point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="status_changes",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["charge_point", "-id"], name="status_of_charge_point")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tariff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("evse_id", models.PositiveIntegerField(default=0, help_text="0: all of them")),
                ("tariff_id", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[("default", "Default"), ("driver", "Driver")],
                        default="default",
                        max_length=10,
                    ),
                ),
                (
                    "content",
                    models.JSONField(
                        blank=True, help_text="unknown where it was only listed", null=True
                    ),
                ),
                ("read_at", models.DateTimeField()),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tariffs",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["evse_id", "tariff_id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "evse_id", "tariff_id"), name="tariff_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TokenDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(help_text="when the message was received")),
                ("action", models.CharField(max_length=50)),
                ("message_id", models.CharField(max_length=255)),
                ("id_token", models.CharField(max_length=255)),
                ("id_token_type", models.CharField(blank=True, max_length=20)),
                ("evse_id", models.PositiveIntegerField(null=True)),
                ("status", models.CharField(max_length=30)),
                (
                    "decided_by",
                    models.CharField(
                        choices=[
                            ("core", "Core"),
                            ("cache", "Cache"),
                            ("local_table", "Local Table"),
                            ("policy", "Policy"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "core_ms",
                    models.FloatField(
                        help_text="how long core took, where it was asked", null=True
                    ),
                ),
                (
                    "core_error",
                    models.CharField(
                        blank=True, help_text="why core did not answer", max_length=255
                    ),
                ),
                (
                    "trace_id",
                    models.CharField(
                        blank=True,
                        help_text="in the `traceparent` that core was asked with",
                        max_length=32,
                    ),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="token_decisions",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["charge_point", "-id"], name="decision_of_charge_point"),
                    models.Index(
                        django.db.models.functions.text.Upper("id_token"), name="decision_of_token"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("transaction_id", models.CharField(max_length=255)),
                ("evse_id", models.PositiveIntegerField(blank=True, null=True)),
                ("connector_id", models.PositiveIntegerField(blank=True, null=True)),
                ("id_token", models.CharField(blank=True, max_length=255)),
                ("id_token_type", models.CharField(blank=True, max_length=20)),
                ("group_id_token", models.CharField(blank=True, max_length=255)),
                ("authorization_status", models.CharField(blank=True, max_length=30)),
                (
                    "decided_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("core", "Core"),
                            ("cache", "Cache"),
                            ("local_table", "Local Table"),
                            ("policy", "Policy"),
                        ],
                        max_length=20,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("started_received_at", models.DateTimeField(blank=True, null=True)),
                ("ended_received_at", models.DateTimeField(blank=True, null=True)),
                (
                    "time_quality",
                    models.CharField(
                        choices=[
                            ("charger", "Charger"),
                            ("estimated", "Estimated"),
                            ("gateway", "Gateway"),
                        ],
                        default="charger",
                        max_length=10,
                    ),
                ),
                ("stop_reason", models.CharField(blank=True, max_length=50)),
                ("stop_id_token", models.CharField(blank=True, max_length=255)),
                ("charging_state", models.CharField(blank=True, max_length=50)),
                (
                    "offline",
                    models.BooleanField(
                        default=False, help_text="begun while the charger was offline"
                    ),
                ),
                (
                    "orphan",
                    models.BooleanField(
                        default=False,
                        help_text="heard of by its end or its meter values, not by its start",
                    ),
                ),
                (
                    "superseded",
                    models.BooleanField(
                        default=False,
                        help_text="the station has used its id again, for a later transaction",
                    ),
                ),
                (
                    "closed_by",
                    models.CharField(
                        blank=True,
                        help_text="who ended it, where it was not the charger",
                        max_length=150,
                    ),
                ),
                ("meter_start_wh", models.FloatField(blank=True, null=True)),
                ("meter_stop_wh", models.FloatField(blank=True, null=True)),
                (
                    "meter_stop_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("charger", "Charger"),
                            ("last_sample", "Last Sample"),
                            ("stated", "Stated"),
                        ],
                        max_length=20,
                    ),
                ),
                ("meter_latest_wh", models.FloatField(blank=True, null=True)),
                ("power_w", models.FloatField(blank=True, null=True)),
                ("current_a", models.FloatField(blank=True, null=True)),
                ("voltage_v", models.FloatField(blank=True, null=True)),
                ("soc_percent", models.FloatField(blank=True, null=True)),
                ("sampled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "total_cost",
                    models.FloatField(
                        blank=True,
                        help_text="what core said last, in the station's currency",
                        null=True,
                    ),
                ),
                ("remote_start_id", models.PositiveBigIntegerField(blank=True, null=True)),
                ("reservation_id", models.IntegerField(blank=True, null=True)),
                ("last_seq_no", models.IntegerField(blank=True, null=True)),
                ("start_key", models.CharField(blank=True, max_length=64, null=True)),
                ("start_answer", models.JSONField(blank=True, null=True)),
                ("stop_answer", models.JSONField(blank=True, null=True)),
                (
                    "deviations",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="what was odd about its readings and its times",
                    ),
                ),
                (
                    "energy_from_wh",
                    models.FloatField(
                        blank=True,
                        help_text="what the energy counts from, where it is not the start",
                        null=True,
                    ),
                ),
                (
                    "metered_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="when the latest reading was taken that can be believed",
                        null=True,
                    ),
                ),
                ("odd_register", models.JSONField(blank=True, null=True)),
                ("details", models.JSONField(blank=True, null=True)),
                ("limits", models.JSONField(blank=True, null=True)),
                ("vehicle_id", models.CharField(blank=True, max_length=255)),
                (
                    "vehicle_type",
                    models.CharField(blank=True, help_text="evccid or vin", max_length=10),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transactions",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["charge_point"],
                        name="transaction_open",
                    ),
                    models.Index(fields=["-started_at"], name="transaction_recent"),
                    models.Index(
                        django.db.models.functions.text.Upper("id_token"),
                        name="transaction_of_token",
                    ),
                    models.Index(
                        condition=models.Q(("decided_by", "policy")),
                        fields=["id"],
                        name="transaction_unreconciled",
                    ),
                    models.Index(
                        condition=models.Q(("orphan", True), ("started_at", None)),
                        fields=["charge_point", "ended_at"],
                        name="transaction_orphaned",
                    ),
                    models.Index(
                        django.db.models.functions.text.Upper("transaction_id"),
                        name="transaction_by_its_id",
                    ),
                    models.Index(
                        condition=models.Q(("ended_at__isnull", False)),
                        fields=["-ended_at", "-id"],
                        name="transaction_by_end",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded", False)),
                        fields=("charge_point", "transaction_id"),
                        name="transaction_unique",
                    ),
                    models.UniqueConstraint(
                        fields=("charge_point", "start_key"), name="start_unique"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reservation_id", models.IntegerField()),
                (
                    "evse_id",
                    models.PositiveIntegerField(blank=True, help_text="empty: any", null=True),
                ),
                ("id_token", models.CharField(max_length=255)),
                ("id_token_type", models.CharField(blank=True, max_length=20)),
                ("group_id_token", models.CharField(blank=True, max_length=255)),
                ("expires_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("active", "Active"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                            ("used", "Used"),
                            ("expired", "Expired"),
                            ("removed", "removed by the charge point"),
                        ],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reservations",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chargepoints.command",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chargepoints.transaction",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["active", "requested"])),
                        fields=["expires_at"],
                        name="reservation_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "reservation_id"), name="reservation_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MeterValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("evse_id", models.PositiveIntegerField(null=True)),
                ("sampled_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("key", models.BigIntegerField()),
                (
                    "conflict",
                    models.BooleanField(
                        default=False, help_text="other values under a key that was taken already"
                    ),
                ),
                ("energy_wh", models.FloatField(null=True)),
                ("power_w", models.FloatField(null=True)),
                ("current_a", models.FloatField(null=True)),
                ("voltage_v", models.FloatField(null=True)),
                ("soc_percent", models.FloatField(null=True)),
                (
                    "samples",
                    models.JSONField(help_text="the sampledValue list as the charger sent it"),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="meter_values",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="meter_values",
                        to="chargepoints.transaction",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("transaction__isnull", False)),
                        fields=["transaction", "sampled_at"],
                        name="meter_value_of_transaction",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "sampled_at", "key"), name="meter_value_unique"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="command",
            name="transaction",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="commands",
                to="chargepoints.transaction",
            ),
        ),
        migrations.CreateModel(
            name="TransactionEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq_no", models.IntegerField()),
                ("event_type", models.CharField(max_length=20)),
                ("trigger_reason", models.CharField(max_length=50)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("offline", models.BooleanField(default=False)),
                (
                    "digest",
                    models.CharField(help_text="of the content without `offline`", max_length=32),
                ),
                (
                    "conflict",
                    models.BooleanField(
                        default=False,
                        help_text="other content under a number that was taken already",
                    ),
                ),
                (
                    "answer",
                    models.JSONField(
                        help_text="what was answered, unless nothing: a repetition gets it again",
                        null=True,
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="chargepoints.transaction",
                    ),
                ),
            ],
            options={
                "ordering": ["seq_no"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("conflict", False)),
                        fields=("transaction", "seq_no"),
                        name="seq_no_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("diagnostics", "Diagnostics"),
                            ("diagnostics_log", "Diagnostics Log"),
                            ("security_log", "Security Log"),
                            ("data_collector", "Data Collector"),
                        ],
                        max_length=15,
                    ),
                ),
                ("request_id", models.IntegerField(blank=True, null=True)),
                (
                    "location",
                    models.CharField(
                        help_text="where the charger was told to put it", max_length=2000
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True, help_text="as the charger said it last", max_length=50
                    ),
                ),
                ("status_at", models.DateTimeField(blank=True, null=True)),
                ("file_name", models.CharField(blank=True, max_length=255)),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        null=True,
                        storage=chargepoints.models.hosted_file.storage,
                        upload_to="uploads/",
                    ),
                ),
                ("size", models.PositiveBigIntegerField(blank=True, null=True)),
                ("expires_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("received_at", models.DateTimeField(blank=True, null=True)),
                (
                    "told_at",
                    models.DateTimeField(blank=True, help_text="when core was told", null=True),
                ),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="chargepoints.chargepoint",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chargepoints.command",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Variable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("component", models.CharField(blank=True, max_length=50)),
                ("component_instance", models.CharField(blank=True, max_length=50)),
                ("evse_id", models.PositiveIntegerField(default=0, help_text="0: none")),
                ("connector_id", models.PositiveIntegerField(default=0, help_text="0: none")),
                ("name", models.CharField(max_length=255)),
                ("instance", models.CharField(blank=True, max_length=50)),
                ("attribute", models.CharField(default="Actual", max_length=10)),
                ("reported", models.TextField(blank=True, null=True)),
                ("desired", models.TextField(blank=True, null=True)),
                ("mutability", models.CharField(blank=True, max_length=10)),
                ("characteristics", models.JSONField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("set_at", models.DateTimeField(blank=True, null=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variables",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["component", "component_instance", "evse_id", "name", "instance"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "charge_point",
                            "component",
                            "component_instance",
                            "evse_id",
                            "connector_id",
                            "name",
                            "instance",
                            "attribute",
                        ),
                        name="variable_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LocalListEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.CharField(max_length=255)),
                ("type", models.CharField(blank=True, max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("blocked", "Blocked"),
                            ("concurrent_tx", "Concurrent Tx"),
                            ("expired", "Expired"),
                            ("invalid", "Invalid"),
                            ("no_credit", "No Credit"),
                            ("not_allowed_type_evse", "Not Allowed Type Evse"),
                            ("not_at_this_location", "Not At This Location"),
                            ("not_at_this_time", "Not At This Time"),
                            ("unknown", "Unknown"),
                        ],
                        default="accepted",
                        max_length=30,
                    ),
                ),
                ("group_id_token", models.CharField(blank=True, max_length=255)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "local_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="chargepoints.locallist",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "local list entries",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("local_list"),
                        django.db.models.functions.text.Lower("value"),
                        models.F("type"),
                        name="local_list_entry_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChargingProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile_id", models.IntegerField()),
                ("evse_id", models.PositiveIntegerField(default=0)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("station_max", "Station Max"),
                            ("default", "Default"),
                            ("transaction", "Transaction"),
                            ("external", "External"),
                            ("priority", "priority charging"),
                            ("local_generation", "local generation"),
                        ],
                        max_length=20,
                    ),
                ),
                ("stack_level", models.PositiveIntegerField()),
                ("transaction_id", models.CharField(blank=True, max_length=255)),
                ("profile", models.JSONField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("cso", "operator"),
                            ("ems", "energy management"),
                            ("so", "system operator"),
                            ("other", "Other"),
                        ],
                        default="cso",
                        max_length=5,
                    ),
                ),
                ("installed_at", models.DateTimeField()),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("missing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "charge_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="charging_profiles",
                        to="chargepoints.chargepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["evse_id", "purpose", "stack_level"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("charge_point", "source", "profile_id"),
                        name="charging_profile_unique",
                    )
                ],
            },
        ),
        migrations.RunPython(open_feed, migrations.RunPython.noop),
    ]
