"""The feed of events, as an alternative to webhooks; and the events of one charge point."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import ApiView, Resource
from chargepoints.api.entity_tags import page_unless_known
from chargepoints.api.errors import InvalidParameters
from chargepoints.api.fields import Integer, Strict, Text, Time
from chargepoints.api.filters import refuse_unknown, since, until
from chargepoints.api.pagination import BySequence, read_limit
from chargepoints.api.positions import (
    LIMIT_PARAMETER,
    after_parameter,
    link_after,
    read_position,
)
from chargepoints.event_types import EVENT_TYPES
from chargepoints.models import Event, TimeQuality
from chargepoints.services.history import event_feed
from chargepoints.services.stations import registry

OF_CHARGE_POINT = {"site": "charge_point__site", "external_id": "charge_point__external_id"}


class OcppSource(Strict):
    version = Text()
    action = Text()
    message_id = Text()
    payload = serializers.JSONField(help_text="as the charger sent it")


class EventSerializer(Strict):
    """A fact; the same body as in a webhook. `sequence` has no gaps for each charge point."""

    id = Text()
    position = Integer(help_text="place in the feed; ascending, never reused")
    type = Text()
    charge_point = Text()
    external_id = Text()
    sequence = Integer()
    occurred_at = Time()
    received_at = Time()
    time_quality = serializers.ChoiceField(TimeQuality.choices, help_text="whose time it is")
    backfill = serializers.BooleanField(help_text="sent late, for instance after an outage")
    deviations = serializers.ListField(child=Text())
    trace_id = Text(help_text="of the message or command that caused it, as in `traceparent`")
    ocpp = OcppSource(allow_null=True, help_text="the message that caused it, if any")

    def get_fields(self) -> dict[str, Any]:
        # `data` is an attribute of every serializer.
        neutral = serializers.DictField(help_text="neutral: the same for all versions of OCPP")
        return super().get_fields() | {"data": neutral}

    def to_representation(self, event: Event) -> dict[str, Any]:
        return event_feed.event_body(event)


class FeedPage(Strict):
    next = serializers.URLField(allow_null=True, help_text="null: there are no more events yet")
    previous = serializers.URLField(allow_null=True, help_text="always null")
    last_position = Integer(help_text="the value of `after` for the next request")
    results = EventSerializer(many=True)


class Feed(ApiView):
    @extend_schema(
        operation_id="events_list",
        parameters=[
            after_parameter(),
            LIMIT_PARAMETER,
            OpenApiParameter("type", str, description="Event types, separated by commas."),
            OpenApiParameter("charge_point", str, description="Its identity, in any case."),
            OpenApiParameter("site", str),
            OpenApiParameter("external_id", str, description="Core's own key of a charge point."),
        ],
        responses={200: FeedPage},
    )
    def get(self, request: Request) -> Response:
        """Events of all charge points in the order of their positions, none of them skipped."""
        refuse_unknown(request, {"after", "limit", "type", "charge_point", *OF_CHARGE_POINT})
        after, limit = read_position(request), read_limit(request)
        try:
            page = event_feed.read(after, limit, **_wanted(request))
        except event_feed.BeyondTheEnd as error:
            raise InvalidParameters({"after": [str(error)]}) from None
        bodies = [event_feed.event_body(event) for event in page.events]
        next_url = link_after(request, page.last_position) if page.more else None
        return page_unless_known(
            request,
            {
                "next": next_url,
                "previous": None,
                "last_position": page.last_position,
                "results": bodies,
            },
        )


def _wanted(request: Request) -> dict[str, Any]:
    """The filters of the feed."""
    given = request.query_params
    wanted: dict[str, Any] = {
        field: given[name] for name, field in OF_CHARGE_POINT.items() if name in given
    }
    if "charge_point" in given:
        charge_point = registry.find(given["charge_point"])
        wanted["charge_point"] = charge_point.pk if charge_point else None
    if types := _read_types(request):
        wanted["type__in"] = types
    return wanted


def _read_types(request: Request) -> list[str]:
    """A misspelt type would never match any event."""
    text = request.query_params.get("type")
    types = text.split(",") if text else []
    if unknown := [type for type in types if type not in EVENT_TYPES]:
        raise InvalidParameters({"type": [f"there is no event type {unknown[0]!r}"]})
    return types


class EventFilters(django_filters.FilterSet):
    since = since("occurred_at")
    until = until("occurred_at")
    type = django_filters.ChoiceFilter(choices=[(type, type) for type in EVENT_TYPES])

    class Meta:
        model = Event
        fields: list[str] = []


class ChargePointEvents(Resource):
    """The events of one charge point, the newest first."""

    queryset = Event.objects.select_related("charge_point")
    serializer_class = EventSerializer
    filterset_class = EventFilters
    pagination_class = BySequence

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        event_feed.assign_positions()
        return super().filter_queryset(queryset)
