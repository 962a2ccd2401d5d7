"""The tariffs of a charge point."""

from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import PlaceOrNull, StrictModel
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import Tariff


class TariffSerializer(StrictModel):
    """A tariff as last accepted or reported; `content` is OCPP's object."""

    evse_id = PlaceOrNull()
    content = serializers.JSONField(read_only=True)

    class Meta:
        model = Tariff
        fields = ["tariff_id", "evse_id", "kind", "content", "read_at"]
        read_only_fields = fields


class Tariffs(Resource):
    """The tariffs of a charge point, in the order in which the gateway stored them."""

    queryset = Tariff.objects.all()
    serializer_class = TariffSerializer
    pagination_class = OldestFirst
