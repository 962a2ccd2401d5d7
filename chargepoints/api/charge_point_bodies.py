"""The JSON of a charge point."""

from datetime import datetime
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chargepoints.api.fields import (
    ChoiceOrNull,
    Integer,
    Strict,
    StrictModel,
    Text,
    TextOrNull,
    Time,
)
from chargepoints.clock import api_time
from chargepoints.models import (
    ChargePoint,
    Connector,
    Evse,
    QuirkProfile,
    Status,
    UnreachablePolicy,
)
from chargepoints.models.charge_point import identity_validator
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import can_express, version_of


def printable(password: str) -> None:
    """Errata of 2.0.1: a password is any UTF-8. Unprintable characters are probably a mistake."""
    if not password.isprintable():
        raise serializers.ValidationError("contains an unprintable character")


class ConnectionSerializer(Strict):
    """`since`: when it came online or went offline; the address is that of the last socket."""

    online = serializers.SerializerMethodField()
    since = serializers.SerializerMethodField()
    last_seen = Time(
        source="last_seen_at",
        read_only=True,
        allow_null=True,
        help_text="Written every 30 s: up to a minute old while it is online.",
    )
    remote_address = serializers.CharField(source="last_address", read_only=True, allow_null=True)

    def get_online(self, charge_point: ChargePoint) -> bool:
        return charge_point.connection_id is not None

    @extend_schema_field(Time(allow_null=True))
    def get_since(self, charge_point: Any) -> str | None:
        online = charge_point.connection_id is not None
        moment: datetime | None = (
            charge_point.last_opened_at if online else charge_point.last_closed_at
        )
        return api_time(moment)


class ConnectorSerializer(StrictModel):
    """`status` is neutral; `ocpp_status` is the status that the charger sent."""

    class Meta:
        model = Connector
        fields = [
            "connector_id",
            "status",
            "ocpp_status",
            "error_code",
            "vendor_error_code",
            "info",
            "status_at",
        ]
        read_only_fields = fields


class EvseSerializer(StrictModel):
    connectors = ConnectorSerializer(many=True, read_only=True)

    class Meta:
        model = Evse
        fields = ["evse_id", "connectors"]
        read_only_fields = fields


class CapabilitiesSerializer(Strict):
    """What its version supports; empty until it has connected once or has a pinned version."""

    commands = serializers.ListField(child=Text(), help_text="command types")
    raw_actions = serializers.ListField(child=Text(), help_text="actions for the type `raw`")


class ChargePointSerializer(StrictModel):
    identity = Text(max_length=48, validators=[identity_validator])
    password = Text(
        write_only=True,
        required=False,
        trim_whitespace=False,
        min_length=16,
        max_length=64,
        validators=[printable],
        help_text="The key for HTTP Basic: random, and never shown again.",
    )
    security_profile = Integer(
        min_value=0,
        max_value=3,
        required=False,
        help_text="0: no authentication, 1: Basic, 2: TLS and Basic, 3: TLS and certificate.",
    )
    pinned_protocol = ChoiceOrNull(
        sorted(settings.OCPP_VERSIONS), help_text="The only subprotocol to accept; null: any."
    )
    file_transfer = ChoiceOrNull(
        ChargePoint.FileTransfer.choices,
        help_text="The protocol for files of the gateway; null: the one that it reports.",
    )
    core_unreachable = ChoiceOrNull(
        UnreachablePolicy.choices,
        help_text="Policy if core does not answer; null: the policy of its site or server.",
    )
    heartbeat_interval = Integer(
        min_value=1,
        max_value=86400,
        required=False,
        allow_null=True,
        help_text="Seconds; null: the server's own.",
    )
    protocol = TextOrNull(read_only=True, help_text="The last negotiated subprotocol.")
    serial = Text(source="serial_number", read_only=True)
    firmware = Text(source="firmware_version", read_only=True)
    status = ChoiceOrNull(
        Status.choices, read_only=True, help_text="Of the station itself, if it reports it."
    )
    connection = ConnectionSerializer(source="*", read_only=True)
    evses = EvseSerializer(many=True, read_only=True)
    capabilities = serializers.SerializerMethodField()
    quirks = serializers.SerializerMethodField(help_text="Applied to this charger.")
    assigned_quirks = serializers.ListField(
        child=Text(max_length=100),
        required=False,
        help_text="Names of quirk profiles that apply whatever its vendor and model.",
    )

    class Meta:
        model = ChargePoint
        fields = [
            "identity",
            "name",
            "external_id",
            "site",
            "registration",
            "security_profile",
            "password",
            "protocol",
            "pinned_protocol",
            "strict",
            "check_user_name",
            "proactive",
            "file_transfer",
            "core_unreachable",
            "heartbeat_interval",
            "vendor",
            "model",
            "serial",
            "firmware",
            "booted_at",
            "boot_reason",
            "status",
            "error_code",
            "status_at",
            "connection",
            "evses",
            "capabilities",
            "quirks",
            "assigned_quirks",
            "clock_skew_s",
            "deaf_since",
            "created_at",
        ]
        read_only_fields = [
            "vendor",
            "model",
            "booted_at",
            "boot_reason",
            "error_code",
            "status_at",
            "clock_skew_s",
            "deaf_since",
            "created_at",
        ]

    @extend_schema_field(CapabilitiesSerializer)
    def get_capabilities(self, charge_point: ChargePoint) -> dict[str, list[str]]:
        version = version_of(charge_point)
        if version is None:
            return {"commands": [], "raw_actions": []}
        types = [type for type in COMMAND_TYPES if can_express(version, type)]
        return {"commands": sorted(types), "raw_actions": sorted(version.csms_actions)}

    def get_quirks(self, charge_point: ChargePoint) -> list[str]:
        names: list[str] = charge_point.quirks.get("profiles", [])
        return names

    def validate_assigned_quirks(self, names: list[str]) -> list[str]:
        known = set(QuirkProfile.objects.filter(name__in=names).values_list("name", flat=True))
        if unknown := [name for name in names if name not in known]:
            raise serializers.ValidationError(f"there is no quirk profile {unknown[0]!r}")
        return list(dict.fromkeys(names))


class ChargePointPatch(ChargePointSerializer):
    identity = Text(required=False, help_text="It cannot be changed: other data refers to it.")

    def validate_identity(self, identity: str) -> str:
        registered: Any = self.instance
        if identity.lower() != registered.identity.lower():
            raise serializers.ValidationError("cannot be changed")
        return identity
