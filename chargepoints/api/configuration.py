"""The configuration of a charge point, reported and desired."""

import django_filters
from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import PlaceOrNull, StrictModel, Text, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import Variable


class VariableSerializer(StrictModel):
    """A configuration key (1.6: `component` is null), or a variable of a component (2.0.1).

    `key` is the name for the commands `get_configuration` and `set_configuration`.
    """

    key = Text(read_only=True)
    component = TextOrNull(read_only=True)
    component_instance = TextOrNull(read_only=True)
    evse_id = PlaceOrNull()
    connector_id = PlaceOrNull()
    variable = Text(source="name", read_only=True)
    instance = TextOrNull(read_only=True)
    mutability = TextOrNull(read_only=True)
    characteristics = serializers.JSONField(read_only=True)

    class Meta:
        model = Variable
        fields = [
            "key",
            "component",
            "component_instance",
            "evse_id",
            "connector_id",
            "variable",
            "instance",
            "attribute",
            "reported",
            "desired",
            "mutability",
            "characteristics",
            "read_at",
            "set_at",
        ]
        read_only_fields = fields


class VariableFilters(django_filters.FilterSet):
    variable = django_filters.CharFilter(field_name="name", label="The key's or variable's name.")

    class Meta:
        model = Variable
        fields = ["component"]


class Configuration(Resource):
    """Configuration keys and variables, in the order in which the gateway stored them."""

    queryset = Variable.objects.all()
    serializer_class = VariableSerializer
    filterset_class = VariableFilters
    pagination_class = OldestFirst
