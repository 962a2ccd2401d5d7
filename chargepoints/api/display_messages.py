"""The messages on a charge point's display, as last accepted or reported (OCPP 2.0.1)."""

from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, Text, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import DisplayMessage


class DisplayMessageSerializer(StrictModel):
    """A message on the display, with the fields of `display_message`."""

    id = serializers.IntegerField(source="number", read_only=True)
    content = Text(read_only=True)
    format = TextOrNull(read_only=True)
    language = TextOrNull(read_only=True)
    state = TextOrNull(read_only=True)
    transaction_id = TextOrNull(read_only=True)

    class Meta:
        model = DisplayMessage
        fields = [
            "id",
            "content",
            "format",
            "language",
            "translations",
            "priority",
            "state",
            "transaction_id",
            "start_at",
            "end_at",
            "read_at",
        ]
        read_only_fields = fields


class DisplayMessages(Resource):
    """The messages on a display, in the order in which the gateway stored them."""

    queryset = DisplayMessage.objects.all()
    serializer_class = DisplayMessageSerializer
    pagination_class = OldestFirst
