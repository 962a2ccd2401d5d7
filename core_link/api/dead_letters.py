"""Dead letters: events that an endpoint rejected, which core can request again."""

import django_filters
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import Resource
from chargepoints.api.fields import Integer, StrictModel, Text
from chargepoints.api.filters import FlagFilter, since, until
from chargepoints.models import ApiKey
from core_link import resending
from core_link.models import DeadLetter


class DeadLetterSerializer(StrictModel):
    """`event` is the event's id in the feed."""

    endpoint = Text(source="endpoint.name", read_only=True)
    charge_point = Text(source="event.charge_point.identity", read_only=True)
    external_id = Text(source="event.charge_point.external_id", read_only=True)
    event = Text(source="event.event_id", read_only=True)
    position = Integer(
        source="event.position", read_only=True, allow_null=True, help_text="null: not there yet"
    )
    type = Text(source="event.type", read_only=True)

    class Meta:
        model = DeadLetter
        fields = [
            "id",
            "endpoint",
            "charge_point",
            "external_id",
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
    charge_point = django_filters.CharFilter(
        field_name="event__charge_point__identity",
        lookup_expr="iexact",
        label="The charge point's identity, in any case.",
    )
    site = django_filters.CharFilter(field_name="event__charge_point__site")
    external_id = django_filters.CharFilter(
        field_name="event__charge_point__external_id",
        label="Core's own key of the charge point.",
    )
    resent = FlagFilter(field_name="resent_at", lookup_expr="isnull", exclude=True)
    since = since("created_at")
    until = until("created_at")

    class Meta:
        model = DeadLetter
        fields: list[str] = []


class DeadLetters(Resource):
    """Events that an endpoint rejected in all attempts, the newest first."""

    queryset = DeadLetter.objects.select_related("endpoint", "event__charge_point")
    serializer_class = DeadLetterSerializer
    filterset_class = DeadLetterFilters
    write_scope = ApiKey.Scope.OPERATE

    @extend_schema(request=None, responses={202: DeadLetterSerializer})
    def resend(self, request: Request, pk: int) -> Response:
        """Queue an event for further attempts."""
        letter = get_object_or_404(self.queryset, pk=pk)
        resending.resend_dead_letters(DeadLetter.objects.filter(pk=letter.pk))
        letter.refresh_from_db()
        return Response(self.get_serializer(letter).data, status=202)
