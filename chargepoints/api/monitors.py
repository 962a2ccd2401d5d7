"""The monitors of a charge point, as last accepted or reported (OCPP 2.0.1)."""

import django_filters
from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import PlaceOrNull, StrictModel, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import Monitor


class MonitorSerializer(StrictModel):
    """A monitor, with the fields of `set_monitoring`; `id` is the charge point's number."""

    id = serializers.IntegerField(source="number", read_only=True)
    component_instance = TextOrNull(read_only=True)
    evse_id = PlaceOrNull()
    connector_id = PlaceOrNull()
    variable_instance = TextOrNull(source="instance", read_only=True)
    event_notification_type = TextOrNull(read_only=True)

    class Meta:
        model = Monitor
        fields = [
            "id",
            "component",
            "component_instance",
            "evse_id",
            "connector_id",
            "variable",
            "variable_instance",
            "type",
            "value",
            "severity",
            "transaction",
            "event_notification_type",
            "read_at",
        ]
        read_only_fields = fields


class MonitorFilters(django_filters.FilterSet):
    component = django_filters.CharFilter(lookup_expr="iexact")
    variable = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Monitor
        fields = ["component", "variable", "type", "severity", "event_notification_type"]


class Monitors(Resource):
    """The monitors of a charge point, in the order in which the gateway stored them."""

    queryset = Monitor.objects.all()
    serializer_class = MonitorSerializer
    filterset_class = MonitorFilters
    pagination_class = OldestFirst
