"""Meter values, of one charge point or of all."""

from django.db.models import QuerySet
from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, Text
from chargepoints.api.filters import NumberFilter, OfChargePointFilters, since, until
from chargepoints.api.pagination import BySampling
from chargepoints.models import MeterValue


class MeterValueSerializer(StrictModel):
    """One moment: typed columns for known measurands, and all samples as the charger sent them."""

    charge_point = Text(source="charge_point.identity", read_only=True)
    external_id = Text(
        source="charge_point.external_id",
        read_only=True,
        help_text="core's key of it",
    )
    transaction = serializers.IntegerField(
        source="transaction_id", read_only=True, allow_null=True, help_text="the gateway's id"
    )

    class Meta:
        model = MeterValue
        fields = [
            "id",
            "charge_point",
            "external_id",
            "transaction",
            "evse_id",
            "sampled_at",
            "received_at",
            "energy_wh",
            "power_w",
            "current_a",
            "voltage_v",
            "soc_percent",
            "samples",
            "conflict",
        ]
        read_only_fields = fields


class MeterValueFilters(OfChargePointFilters):
    transaction = NumberFilter(label="The gateway's id of the transaction.")
    evse_id = NumberFilter()
    since = since("sampled_at")
    until = until("sampled_at")

    class Meta:
        model = MeterValue
        fields: list[str] = []


class MeterValues(Resource):
    """Meter values, the newest first."""

    queryset: QuerySet[MeterValue] = MeterValue.objects.select_related("charge_point")
    serializer_class = MeterValueSerializer
    filterset_class = MeterValueFilters
    pagination_class = BySampling
