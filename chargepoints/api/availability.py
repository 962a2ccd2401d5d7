"""The availability of each connector in a month."""

import zoneinfo
from collections.abc import Sequence
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints import clock
from chargepoints.api.base import Resource
from chargepoints.api.csv_streams import AnyAccept, stream_csv
from chargepoints.api.entity_tags import page_unless_known
from chargepoints.api.fields import Strict, Time
from chargepoints.api.filters import OfChargePointFilters
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import ChargePoint, Connector
from chargepoints.models.site import check_time_zone
from chargepoints.services.availability import months, table
from chargepoints.services.availability.months import Month, NoMonth, Row
from chargepoints.services.stations import registry


def _check_month(text: str) -> None:
    try:
        Month.read(text)
    except NoMonth:
        raise ValidationError("not a month such as 2026-11") from None


@extend_schema_field({"type": "string", "pattern": f"^{months.PATTERN}$"})
class MonthFilter(django_filters.CharFilter):
    pass


class AvailabilityFilters(OfChargePointFilters):
    month = MonthFilter(
        method="of_all", validators=[_check_month], label="Like `2026-11`; default: the present."
    )
    time_zone = django_filters.CharFilter(
        method="of_all",
        validators=[check_time_zone],
        label="The month's time zone, like `Europe/Amsterdam`; default: UTC.",
    )
    site = django_filters.CharFilter(field_name="evse__charge_point__site")
    external_id = django_filters.CharFilter(
        field_name="evse__charge_point__external_id", label="Core's own key of the charge point."
    )

    class Meta:
        model = Connector
        fields: list[str] = []

    def of_charge_point(self, queryset: QuerySet[Any], name: str, identity: str) -> QuerySet[Any]:
        found = registry.find(identity)
        return queryset.filter(evse__charge_point=found) if found else queryset.none()

    def of_all(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """The filters by time."""
        return queryset


class AvailabilitySerializer(Strict):
    """Seconds of a month by state; they add up to the time from `begin` to `end`."""

    charge_point = serializers.CharField(source="charge_point.identity")
    external_id = serializers.CharField(
        source="charge_point.external_id", help_text="Core's key of it."
    )
    evse_id = serializers.IntegerField()
    connector_id = serializers.IntegerField()
    month = serializers.CharField(help_text="as `2026-11`")
    begin = Time()
    end = Time(help_text="the present, while the month is not over")
    availability = serializers.SerializerMethodField(
        help_text="the share of `up` in `up` and `down`; null if both are 0"
    )
    up_s = serializers.IntegerField(source="seconds.up")
    down_s = serializers.IntegerField(
        source="seconds.down", help_text="`faulted`, `unavailable` and `offline` together"
    )
    faulted_s = serializers.IntegerField(source="seconds.faulted")
    unavailable_s = serializers.IntegerField(source="seconds.unavailable")
    offline_s = serializers.IntegerField(source="seconds.offline")
    unknown_s = serializers.IntegerField(source="seconds.unknown", help_text="without history")
    maintenance_s = serializers.IntegerField(
        source="seconds.maintenance", help_text="in a maintenance window, whatever the status"
    )
    gateway_s = serializers.IntegerField(
        source="seconds.gateway", help_text="the gateway's own downtime"
    )

    def get_availability(self, row: Row) -> float | None:
        return table.rounded(row.seconds.availability)


class Availability(Resource):
    """The availability of each connector in a month, in the order of the connectors' storage."""

    queryset = Connector.objects.select_related("evse__charge_point")
    serializer_class = AvailabilitySerializer
    filterset_class = AvailabilityFilters
    pagination_class = OldestFirst
    http_method_names = ["get"]

    def get_queryset(self) -> QuerySet[Connector]:
        rows: QuerySet[Connector] = self.queryset.all()
        if "identity" in self.kwargs and not getattr(self, "swagger_fake_view", False):
            rows = rows.filter(evse__charge_point=self.charge_point)
        return rows

    def list(self, request: Request, **kwargs: Any) -> Response:
        connectors = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        found = self.get_serializer(_rows(connectors or [], request), many=True).data
        return page_unless_known(request, self.get_paginated_response(found).data)


class AvailabilityCsv(Availability):
    content_negotiation_class = AnyAccept
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(
        operation_id="availability_export",
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "One line per connector.")},
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """The availability of all connectors that match the filters, as CSV, by identity."""
        rows = self.filter_queryset(self.get_queryset())
        owners = ChargePoint.objects.filter(pk__in=rows.order_by().values("evse__charge_point"))
        ids = list(owners.order_by("identity").values_list("pk", flat=True))
        parts = table.parts(ids, *_when(request), clock.now())
        return stream_csv(request._request, "availability", parts)


def _when(request: Request) -> tuple[Month, zoneinfo.ZoneInfo]:
    """The parameters, which the filters have checked."""
    zone = zoneinfo.ZoneInfo(request.query_params.get("time_zone", "UTC"))
    asked = request.query_params.get("month")
    return Month.read(asked) if asked else Month.of(timezone.localtime(timezone=zone)), zone


def _rows(connectors: Sequence[Connector], request: Request) -> list[Row]:
    """One row for each connector, unless the month has not begun."""
    owners = {row.evse.charge_point_id: row.evse.charge_point for row in connectors}
    month, zone = _when(request)
    found = {
        (row.charge_point.pk, row.evse_id, row.connector_id): row
        for row in months.of(list(owners.values()), [month], zone, clock.now())
    }
    places = ((row.evse.charge_point_id, row.evse.evse_id, row.connector_id) for row in connectors)
    return [found[place] for place in places if place in found]
