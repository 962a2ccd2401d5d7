"""What core may ask about its own endpoints: how far behind they are, and to be told again."""

from typing import Any

import django_filters
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import Resource
from chargepoints.api.fields import Integer, Strict, StrictModel, Text, Time
from chargepoints.api.filters import FlagFilter, since, until
from chargepoints.clock import api_time
from chargepoints.models import ApiKey
from core_link import endpoints, resending
from core_link.models import DeadLetter, Endpoint

LARGEST_POSITION = 2**63 - 1


class Undelivered(Strict):
    """Events that an endpoint has not acknowledged; the oldest was received `since`."""

    events = Integer()
    since = Time(allow_null=True)


class EndpointSerializer(StrictModel):
    undelivered = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = [
            "id",
            "name",
            "url",
            "event_types",
            "enabled",
            "disabled_reason",
            "undelivered",
            "failures",
            "down_since",
            "last_success_at",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field(Undelivered)
    def get_undelivered(self, endpoint: Endpoint) -> dict[str, Any]:
        behind = endpoints.lag(endpoint)
        return {"events": behind.events, "since": api_time(behind.since)}


class PauseRequest(Strict):
    reason = Text(max_length=255, default="paused over the API")


class ResendRequest(Strict):
    """Either all that was received `since` then, or positions `first` to `last` of the feed."""

    since = Time(required=False)
    first = Integer(required=False, min_value=1, max_value=LARGEST_POSITION)
    last = Integer(required=False, min_value=1, max_value=LARGEST_POSITION)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if set(body) not in ({"since"}, {"first", "last"}):
            raise serializers.ValidationError("needs either `since`, or `first` and `last`")
        return body


class Resent(Strict):
    charge_points = Integer(help_text="for how many there is something to send again")


class Endpoints(Resource):
    """Endpoints that events are delivered to."""

    queryset = Endpoint.objects.all()
    serializer_class = EndpointSerializer

    @extend_schema(request=PauseRequest)
    def pause(self, request: Request, pk: int) -> Response:
        """Stop delivering to an endpoint; its events wait."""
        endpoint = self.get_object()
        body = PauseRequest(data=request.data)
        body.is_valid(raise_exception=True)
        endpoints.pause(endpoint, body.validated_data["reason"])
        return self._shown(pk)

    @extend_schema(request=None)
    def resume(self, request: Request, pk: int) -> Response:
        """Deliver to an endpoint again, at once."""
        endpoints.resume(self.get_object())
        return self._shown(pk)

    @extend_schema(request=ResendRequest, responses={202: Resent})
    def resend(self, request: Request, pk: int) -> Response:
        """Send again what was sent before, in order for each charge point, beside what is new."""
        endpoint = self.get_object()
        body = ResendRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        if "since" in asked:
            count = resending.resend_since(endpoint, asked["since"])
        else:
            count = resending.resend_range(endpoint, asked["first"], asked["last"])
        return Response({"charge_points": count}, status=202)

    def _shown(self, pk: int) -> Response:
        return Response(self.get_serializer(Endpoint.objects.get(pk=pk)).data)


class DeadLetterSerializer(StrictModel):
    """`event` is the id of the event, by which it is found in the feed."""

    endpoint = Text(source="endpoint.name", read_only=True)
    charge_point = Text(source="event.charge_point.identity", read_only=True)
    event = Text(source="event.event_id", read_only=True)
    position = Integer(source="event.position", read_only=True)
    type = Text(source="event.type", read_only=True)

    class Meta:
        model = DeadLetter
        fields = [
            "id",
            "endpoint",
            "charge_point",
            "event",
            "position",
            "type",
            "error",
            "created_at",
            "resent_at",
        ]
        read_only_fields = fields


class DeadLetterFilters(django_filters.FilterSet):
    endpoint = django_filters.CharFilter(field_name="endpoint__name", label="The endpoint's name.")
    resent = FlagFilter(field_name="resent_at", lookup_expr="isnull", exclude=True)
    since = since("created_at")
    until = until("created_at")

    class Meta:
        model = DeadLetter
        fields: list[str] = []


class DeadLetters(Resource):
    """Events that an endpoint did not take in any attempt, the newest first."""

    queryset = DeadLetter.objects.select_related("endpoint", "event__charge_point")
    serializer_class = DeadLetterSerializer
    filterset_class = DeadLetterFilters
    write_scope = ApiKey.Scope.OPERATE

    @extend_schema(request=None, responses={202: DeadLetterSerializer})
    def resend(self, request: Request, pk: int) -> Response:
        """Give an event another round of attempts."""
        letter = get_object_or_404(self.queryset, pk=pk)
        resending.resend_dead_letters(DeadLetter.objects.filter(pk=letter.pk))
        letter.refresh_from_db()
        return Response(self.get_serializer(letter).data, status=202)
