"""What charge points are filtered by."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from chargepoints.models import ChargePoint, Connector, Status, Transaction

Lookups = Iterable[tuple[str, str]]


class OnlineFilter(DropdownFilter):
    title = "online"
    parameter_name = "online"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "Online"), ("no", "Offline"), ("never", "Never seen")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChargePoint]
    ) -> QuerySet[ChargePoint]:
        if self.value() == "yes":
            return queryset.filter(connection__isnull=False)
        if self.value() == "no":
            return queryset.filter(connection=None, last_seen_at__isnull=False)
        if self.value() == "never":
            return queryset.filter(connection=None, last_seen_at=None)
        return queryset


class ActivityFilter(DropdownFilter):
    title = "activity"
    parameter_name = "activity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("charging", "Charging now"), ("faulted", "With a faulted connector")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChargePoint]
    ) -> QuerySet[ChargePoint]:
        if self.value() == "charging":
            running = Transaction.objects.filter(charge_point=OuterRef("pk"), ended_at=None)
            return queryset.filter(Exists(running))
        if self.value() == "faulted":
            faulted = Connector.objects.filter(
                evse__charge_point=OuterRef("pk"), status=Status.FAULTED
            )
            return queryset.filter(Exists(faulted))
        return queryset


class _ColumnFilter(DropdownFilter):
    """A dropdown of the values that a column has."""

    column: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        values = ChargePoint.objects.order_by(self.column).values_list(self.column, flat=True)
        return [(value, value) for value in values.distinct() if value]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChargePoint]
    ) -> QuerySet[ChargePoint]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class SiteFilter(_ColumnFilter):
    title = "site"
    parameter_name = column = "site"


class ProtocolFilter(_ColumnFilter):
    title = "protocol"
    parameter_name = column = "protocol"
