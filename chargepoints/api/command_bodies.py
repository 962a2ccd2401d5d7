"""The JSON of a command, as core sends it and as core reads it."""

from typing import Any

from rest_framework import serializers

from chargepoints import key_codes
from chargepoints.api.fields import (
    Integer,
    Strict,
    StrictModel,
    Text,
    TextOrNull,
    Time,
)
from chargepoints.models import Command
from chargepoints.services.commands import redaction

WAITS = {
    "none": "202 at once",
    "ack": "until the charger has answered",
    "effect": "until the effect has happened, e.g. the transaction has started",
}
MAX_WAIT_S = 300


class CommandRequest(Strict):
    type = Text(max_length=40)
    args = serializers.JSONField(default=dict)
    wait = serializers.ChoiceField(list(WAITS), default="none")
    timeout_s = Integer(min_value=1, max_value=MAX_WAIT_S, default=30)
    expires_at = Time(allow_null=True, default=None)
    not_before = Time(allow_null=True, default=None)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        not_before, expires_at = body["not_before"], body["expires_at"]
        if not_before and expires_at and expires_at <= not_before:
            raise serializers.ValidationError({"expires_at": ["must be after `not_before`"]})
        return body


class ShownRequest(serializers.DictField):
    """The stored request, without key codes."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(key_codes.shown(value))


class OcppExchange(Strict):
    """The request on the socket; null until it was sent."""

    version = TextOrNull(source="ocpp_version", read_only=True)
    action = TextOrNull(read_only=True)
    message_id = TextOrNull(read_only=True)
    request = ShownRequest(read_only=True, allow_null=True)
    response = serializers.DictField(read_only=True, allow_null=True)
    duration_ms = serializers.FloatField(read_only=True, allow_null=True)


class CommandError(Strict):
    """`class`: the station refused, it sent a CALLERROR, the socket failed, or the gateway did."""

    code = Text(source="error_code", read_only=True)
    detail = Text(source="error_detail", read_only=True)

    def get_fields(self) -> dict[str, Any]:
        # `class` is a keyword of Python.
        error_class = serializers.ChoiceField(
            Command.ErrorClass.choices, source="error_class", read_only=True
        )
        return {"class": error_class, **super().get_fields()}

    def to_representation(self, command: Command) -> Any:
        return super().to_representation(command) if command.error_class else None


class CommandSerializer(StrictModel):
    charge_point = Text(source="charge_point.identity", read_only=True)
    external_id = Text(
        source="charge_point.external_id", read_only=True, help_text="Core's key of it."
    )
    args = serializers.SerializerMethodField(
        help_text="As requested, without passwords and key codes."
    )
    transaction = serializers.IntegerField(
        source="transaction_id",
        read_only=True,
        allow_null=True,
        help_text="The gateway's id of the transaction that is its effect.",
    )
    result = serializers.JSONField(
        read_only=True,
        help_text="Results beyond the answer, by type; if the charger sent them later, "
        "a list of parts.",
    )
    cautions = serializers.ListField(
        child=Text(),
        read_only=True,
        help_text="Warnings; the command was sent all the same.",
    )
    trace_id = Text(source="trace", read_only=True, help_text="From core's `traceparent`, or new.")
    ocpp = OcppExchange(source="*", read_only=True)
    error = CommandError(source="*", read_only=True, allow_null=True)

    class Meta:
        model = Command
        fields = [
            "id",
            "charge_point",
            "external_id",
            "batch",
            "type",
            "args",
            "requested_by",
            "state",
            "created_at",
            "not_before",
            "expires_at",
            "sent_at",
            "answered_at",
            "finished_at",
            "transaction",
            "result",
            "cautions",
            "trace_id",
            "ocpp",
            "error",
        ]
        read_only_fields = fields

    def get_args(self, command: Command) -> dict[str, Any]:
        return redaction.shown_args(command.type, command.args)
