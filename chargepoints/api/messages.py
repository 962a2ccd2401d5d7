"""The trace of a charge point: every CALL in either direction, with its answer."""

import django_filters

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, Text
from chargepoints.api.filters import since, until
from chargepoints.models import Message


class MessageSerializer(StrictModel):
    """`request` and `reply` are the frames on the socket."""

    trace_id = Text(source="trace", read_only=True, help_text="as in `traceparent` and events")

    class Meta:
        model = Message
        fields = [
            "id",
            "direction",
            "action",
            "message_id",
            "request",
            "reply",
            "outcome",
            "error_code",
            "deviations",
            "trace_id",
            "started_at",
            "duration_ms",
        ]
        read_only_fields = fields


class MessageFilters(django_filters.FilterSet):
    since = since("started_at")
    until = until("started_at")

    class Meta:
        model = Message
        fields = ["action", "direction", "outcome"]


class Messages(Resource):
    """The messages on the charge point's socket, the newest first."""

    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    filterset_class = MessageFilters
