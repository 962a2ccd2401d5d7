"""The tariffs that a charge point has."""

from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import PlaceOrNull, StrictModel
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import Tariff


class TariffSerializer(StrictModel):
    """A tariff as it was taken or listed last; `content` is in OCPP's words."""

    evse_id = PlaceOrNull()
    content = serializers.JSONField(read_only=True)

    class Meta:
        model = Tariff
        fields = ["tariff_id", "evse_id", "kind", "content", "read_at"]
        read_only_fields = fields


class Tariffs(Resource):
    """The tariffs of a charge point, in the order in which they became known."""

    queryset = Tariff.objects.all()
    serializer_class = TariffSerializer
    pagination_class = OldestFirst
