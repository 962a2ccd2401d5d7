"""Transactions, of one charge point or of all."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.authentication import requester
from chargepoints.api.base import Resource
from chargepoints.api.errors import Problem
from chargepoints.api.fields import ChoiceOrNull, Strict, StrictModel, Text, TextOrNull, Time
from chargepoints.api.filters import (
    FlagFilter,
    OfChargePointFilters,
    refuse_unknown,
    since,
    until,
)
from chargepoints.api.pagination import ByStartOrEnd
from chargepoints.database.case_insensitive import filter_ignoring_case
from chargepoints.models import (
    ApiKey,
    AuthorizationStatus,
    DecidedBy,
    MeterSource,
    Transaction,
)
from chargepoints.services.transactions import closing

# The largest value of a register: a million MWh.
MOST_WH = 1e15


class TransactionToken(Strict):
    value = Text(source="token", read_only=True, help_text="Key codes are not shown.")
    type = TextOrNull(source="id_token_type", read_only=True)

    def to_representation(self, instance: Transaction) -> Any:
        return super().to_representation(instance) if instance.id_token else None


class VehicleSerializer(Strict):
    """The car, if its id was reported."""

    id = Text(source="vehicle_id", read_only=True)
    type = TextOrNull(source="vehicle_type", read_only=True, help_text="evccid or vin")

    def to_representation(self, instance: Transaction) -> Any:
        return super().to_representation(instance) if instance.vehicle_id else None


class TransactionSerializer(StrictModel):
    """`id` is the gateway's id; `transaction_id` is the charger's."""

    charge_point = Text(source="charge_point.identity", read_only=True)
    external_id = Text(
        source="charge_point.external_id",
        read_only=True,
        help_text="core's key of it",
    )
    open = serializers.SerializerMethodField()
    id_token = TransactionToken(source="*", read_only=True, allow_null=True)
    vehicle = VehicleSerializer(source="*", read_only=True, allow_null=True)
    limits = serializers.JSONField(
        read_only=True,
        help_text="The limits that are set, of energy_wh, time_s, cost and soc.",
    )
    details = serializers.JSONField(
        read_only=True,
        help_text="Additional fields of some versions: cost, tariff_id, operation_mode, ...",
    )
    authorization_status = ChoiceOrNull(AuthorizationStatus.choices, read_only=True)
    decided_by = ChoiceOrNull(DecidedBy.choices, read_only=True)
    meter_stop_source = ChoiceOrNull(MeterSource.choices, read_only=True)
    group_id_token = TextOrNull(read_only=True)
    stop_reason = TextOrNull(read_only=True)
    stop_id_token = TextOrNull(read_only=True)
    charging_state = TextOrNull(read_only=True)
    closed_by = TextOrNull(read_only=True)
    deviations = serializers.ListField(child=serializers.CharField(), read_only=True)
    energy_wh = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="So far, or the total: last minus first reading on one scale.",
    )

    class Meta:
        model = Transaction
        fields = [
            "id",
            "charge_point",
            "external_id",
            "transaction_id",
            "open",
            "evse_id",
            "connector_id",
            "id_token",
            "group_id_token",
            "authorization_status",
            "decided_by",
            "started_at",
            "ended_at",
            "started_received_at",
            "ended_received_at",
            "time_quality",
            "stop_reason",
            "stop_id_token",
            "charging_state",
            "offline",
            "orphan",
            "superseded",
            "closed_by",
            "deviations",
            "energy_wh",
            "meter_start_wh",
            "meter_stop_wh",
            "meter_stop_source",
            "meter_latest_wh",
            "power_w",
            "current_a",
            "voltage_v",
            "soc_percent",
            "sampled_at",
            "remote_start_id",
            "reservation_id",
            "last_seq_no",
            "vehicle",
            "limits",
            "details",
            "total_cost",
        ]
        read_only_fields = fields

    def get_open(self, transaction: Transaction) -> bool:
        return transaction.ended_at is None


class Closing(Strict):
    """How to close: the defaults are the time and the meter value of the last sample."""

    ended_at = Time(required=False, allow_null=True, default=None)
    meter_stop_wh = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=0, max_value=MOST_WH
    )


class TransactionFilters(OfChargePointFilters):
    token = django_filters.CharFilter(method="of_token", label="The token's value, in any case.")
    transaction_id = django_filters.CharFilter(label="The charger's id.")
    open = FlagFilter(field_name="ended_at", lookup_expr="isnull")
    ended_since = since("ended_at")
    ended_until = until("ended_at")
    since = since("started_at")
    until = until("started_at")

    class Meta:
        model = Transaction
        fields: list[str] = []

    def of_token(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Use the index `transaction_of_token`, which SQLite would not use for `iexact`."""
        return filter_ignoring_case(queryset, id_token=value)


class Transactions(Resource):
    """Charging transactions, the newest first; if filtered by their end, the latest end first."""

    queryset = Transaction.objects.select_related("charge_point")
    serializer_class = TransactionSerializer
    filterset_class = TransactionFilters
    pagination_class = ByStartOrEnd
    write_scope = ApiKey.Scope.OPERATE
    conflicts = {"close": "`already_ended`: the transaction has already ended."}

    @extend_schema(request=Closing, responses={200: TransactionSerializer})
    def close(self, request: Request, pk: Any) -> Response:
        """Close a transaction that the charger does not end; its real end may correct it later."""
        refuse_unknown(request, set())
        body = Closing(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            closing.close_by_hand(
                self.get_object().pk, by=requester(request), **body.validated_data
            )
        except closing.AlreadyEnded:
            raise Problem(409, "already_ended", "the transaction has ended already") from None
        return Response(self.get_serializer(self.get_object()).data)
