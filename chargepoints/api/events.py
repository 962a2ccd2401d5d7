"""The feed of events, the pull twin of the webhook; and the events of one charge point."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from chargepoints.api.base import ApiView, Resource
from chargepoints.api.errors import InvalidParameters
from chargepoints.api.fields import Integer, Strict, Text, Time
from chargepoints.api.filters import refuse_unknown, since, until
from chargepoints.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, BySequence, read_limit
from chargepoints.event_types import EVENT_TYPES
from chargepoints.models import Event, EventFeed, TimeQuality
from chargepoints.services.history import event_feed

LARGEST_POSITION = 2**63 - 1


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
    time_quality = serializers.ChoiceField(TimeQuality.choices)
    backfill = serializers.BooleanField(help_text="old news, told after an outage")
    deviations = serializers.ListField(child=Text())
    ocpp = OcppSource(allow_null=True, help_text="the message that brought it, if one did")

    def get_fields(self) -> dict[str, Any]:
        # `data` is an attribute of every serializer.
        neutral = serializers.DictField(help_text="neutral: alike for all versions of OCPP")
        return super().get_fields() | {"data": neutral}

    def to_representation(self, event: Event) -> dict[str, Any]:
        return event_feed.event_body(event)


class FeedPage(Strict):
    next = serializers.URLField(allow_null=True, help_text="null: this was all there is so far")
    previous = serializers.URLField(allow_null=True, help_text="always null")
    last_position = Integer(help_text="what to give as `after` the next time")
    results = EventSerializer(many=True)


class Feed(ApiView):
    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter(
                "after",
                {"type": "integer", "minimum": 0, "maximum": LARGEST_POSITION, "default": 0},
                description="The `last_position` of the page before; 0: from the beginning.",
            ),
            OpenApiParameter(
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
            ),
            OpenApiParameter("type", str, description="Event types, separated by commas."),
        ],
        responses={200: FeedPage},
    )
    def get(self, request: Request) -> Response:
        """Events of all charge points in the order of their positions, none of them skipped."""
        refuse_unknown(request, {"after", "limit", "type"})
        after, limit, types = _read_after(request), read_limit(request), _read_types(request)
        event_feed.assign_positions(MAX_LIMIT)
        # Read before the events: all up to here are there to be seen.
        head = EventFeed.objects.values_list("last_position", flat=True).first() or 0
        if after > head:
            # Another feed's position, or this one's before a backup was restored: going on from
            # it would skip all until then.
            raise InvalidParameters({"after": [f"the feed ends at {head}"]})
        events = Event.objects.filter(position__gt=after, position__lte=head)
        if types:
            events = events.filter(type__in=types)
        page = list(events.select_related("charge_point").order_by("position")[: limit + 1])
        more = len(page) > limit
        results = [event_feed.event_body(event) for event in page[:limit]]
        last_position = results[-1]["position"] if more else head
        next_url = replace_query_param(request.build_absolute_uri(), "after", last_position)
        return Response(
            {
                "next": next_url if more else None,
                "previous": None,
                "last_position": last_position,
                "results": results,
            }
        )


def _read_after(request: Request) -> int:
    text = request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_POSITION):
        raise InvalidParameters({"after": ["not a position"]})
    return int(text)


def _read_types(request: Request) -> list[str]:
    """A misspelt type would silently be passed over for ever."""
    text = request.query_params.get("type")
    types = text.split(",") if text else []
    if unknown := [type for type in types if type not in EVENT_TYPES]:
        raise InvalidParameters({"type": [f"no event type is called {unknown[0]!r}"]})
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
        event_feed.assign_positions(MAX_LIMIT)
        return super().filter_queryset(queryset)
