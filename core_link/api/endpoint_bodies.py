"""The JSON of an endpoint in requests and responses."""

from typing import Any

from django.core.validators import URLValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chargepoints.api.fields import Integer, Strict, StrictModel, Text, Time
from chargepoints.clock import api_time
from chargepoints.event_types import EVENT_TYPES
from core_link import endpoints, scope
from core_link.models import Endpoint

ALL = "If `sites` and `charge_points` are both empty: all charge points."
LARGEST_POSITION = 2**63 - 1


class Undelivered(Strict):
    """Events that an endpoint has not acknowledged; the oldest was received `since`."""

    events = Integer()
    since = Time(allow_null=True)


class EndpointSerializer(StrictModel):
    """`signed_with`: how many secrets sign a delivery; two or more during a rotation."""

    name = Text(max_length=100)
    url = Text(
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"]), endpoints.check_url],
        help_text="http or https, at a public address.",
    )
    event_types = serializers.ListField(
        child=serializers.ChoiceField(EVENT_TYPES),
        required=False,
        help_text="The types of events to send; empty: all, including types of later versions.",
    )
    sites = serializers.ListField(
        child=Text(max_length=100),
        required=False,
        help_text=f"Only events of charge points at these sites. {ALL}",
    )
    charge_points = serializers.ListField(
        child=Text(max_length=48),
        required=False,
        help_text=f"Events of these charge points as well. {ALL}",
    )
    from_environment = serializers.BooleanField(
        read_only=True,
        help_text="The endpoint of EVENTS_URL: it can be paused, but not changed here.",
    )
    signed_with = serializers.SerializerMethodField()
    undelivered = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = [
            "id",
            "name",
            "url",
            "event_types",
            "sites",
            "charge_points",
            "enabled",
            "disabled_reason",
            "from_environment",
            "signed_with",
            "undelivered",
            "failures",
            "down_since",
            "last_success_at",
            "created_at",
        ]
        read_only_fields = [
            "enabled",
            "disabled_reason",
            "failures",
            "down_since",
            "last_success_at",
            "created_at",
        ]

    def validate_charge_points(self, identities: list[str]) -> list[str]:
        if unknown := scope.unknown(identities):
            raise serializers.ValidationError(f"no charge point is called {unknown[0]!r}")
        return identities

    def get_signed_with(self, endpoint: Endpoint) -> int:
        return len(endpoint.signing_secrets)

    @extend_schema_field(Undelivered)
    def get_undelivered(self, endpoint: Endpoint) -> dict[str, Any]:
        behind = endpoints.lag(endpoint)
        return {"events": behind.events, "since": api_time(behind.since)}


class EndpointWithSecret(EndpointSerializer):
    """`secret` is returned only once."""

    secret = serializers.SerializerMethodField(
        help_text="Of Standard Webhooks: `whsec_` and base64."
    )

    class Meta(EndpointSerializer.Meta):
        fields = [*EndpointSerializer.Meta.fields, "secret"]

    def get_secret(self, endpoint: Endpoint) -> str:
        newest: str = endpoint.secrets[0]
        return newest


class PauseRequest(Strict):
    reason = Text(max_length=255, default="paused over the API")


class ResendRequest(Strict):
    """Which events to send again: all received `since`, or positions `first` to `last`."""

    since = Time(required=False)
    first = Integer(required=False, min_value=1, max_value=LARGEST_POSITION)
    last = Integer(required=False, min_value=1, max_value=LARGEST_POSITION)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if set(body) not in ({"since"}, {"first", "last"}):
            raise serializers.ValidationError("needs either `since`, or `first` and `last`")
        return body


class Resent(Strict):
    charge_points = Integer(help_text="for how many there is something to send again")
