"""The charging profiles a charge point accepted, or said it has."""

import django_filters
from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import ChargingProfile


class ChargingProfileSerializer(StrictModel):
    """`evse_id` 0 is the charge point as a whole; `profile` is what `set_charging_profile` takes.

    `reported_at`: when the charge point last said that it has it (`get_charging_profiles`).
    `missing_since`: when it was asked, and did not.
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
        label="Whether the charge point was asked, and did not have it.",
    )

    class Meta:
        model = ChargingProfile
        fields = ["evse_id", "purpose", "source"]


class ChargingProfiles(Resource):
    """Charging profiles, in the order in which they became known."""

    queryset = ChargingProfile.objects.all()
    serializer_class = ChargingProfileSerializer
    filterset_class = ChargingProfileFilters
    pagination_class = OldestFirst
