"""The open event streams of a charge point."""

from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import EventStream


class EventStreamSerializer(StrictModel):
    """A stream with its newest value; `id` is the charge point's number."""

    id = serializers.IntegerField(source="number", read_only=True)
    monitor_id = serializers.IntegerField(source="monitor_number", read_only=True, allow_null=True)
    value = TextOrNull(read_only=True)

    class Meta:
        model = EventStream
        fields = [
            "id",
            "monitor_id",
            "interval_s",
            "values_at_once",
            "opened_at",
            "value",
            "value_at",
            "pending",
        ]
        read_only_fields = fields


class EventStreams(Resource):
    """The event streams of a charge point, in the order in which the gateway stored them."""

    queryset = EventStream.objects.all()
    serializer_class = EventStreamSerializer
    pagination_class = OldestFirst
