"""The charging profiles that a charge point accepted or reported."""

import django_filters
from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import ChargingProfile


class ChargingProfileSerializer(StrictModel):
    """`evse_id` 0 is the whole charge point; `profile` has the form of `set_charging_profile`.

    `reported_at`: when the charge point last reported it (`get_charging_profiles`).
    `missing_since`: when a report did not contain it.
    """

    transaction_id = TextOrNull(read_only=True)
    profile = serializers.JSONField(read_only=True)

    class Meta:
        model = ChargingProfile
        fields = [
            "profile_id",
            "evse_id",
            "purpose",
            "stack_level",
            "transaction_id",
            "source",
            "profile",
            "installed_at",
            "reported_at",
            "missing_since",
        ]
        read_only_fields = fields


class ChargingProfileFilters(django_filters.FilterSet):
    missing = django_filters.BooleanFilter(
        field_name="missing_since",
        lookup_expr="isnull",
        exclude=True,
        label="Whether a report of the charge point did not contain it.",
    )

    class Meta:
        model = ChargingProfile
        fields = ["evse_id", "purpose", "source"]


class ChargingProfiles(Resource):
    """Charging profiles, in the order in which the gateway stored them."""

    queryset = ChargingProfile.objects.all()
    serializer_class = ChargingProfileSerializer
    filterset_class = ChargingProfileFilters
    pagination_class = OldestFirst
