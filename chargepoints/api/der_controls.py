"""The DER controls of a charge point."""

from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import DerControl


class DerControlSerializer(StrictModel):
    """A control as last accepted or reported; `setting` is OCPP's object."""

    setting = serializers.JSONField(read_only=True)

    class Meta:
        model = DerControl
        fields = [
            "control_id",
            "type",
            "is_default",
            "is_superseded",
            "started",
            "setting",
            "read_at",
        ]
        read_only_fields = fields


class DerControls(Resource):
    """The DER controls of a charge point, in the order in which the gateway stored them."""

    queryset = DerControl.objects.all()
    serializer_class = DerControlSerializer
    pagination_class = OldestFirst
