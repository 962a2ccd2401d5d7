"""The DER controls that a charge point has."""

from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import DerControl


class DerControlSerializer(StrictModel):
    """A control as it was taken or reported last; `setting` is in OCPP's words."""

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
    """The DER controls of a charge point, in the order in which they became known."""

    queryset = DerControl.objects.all()
    serializer_class = DerControlSerializer
    pagination_class = OldestFirst
