"""Filters of the list of charge points."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from chargepoints.models import ChargePoint, Command, Connector, Status, Transaction
from chargepoints.services.health import maintenance, rules
from chargepoints.services.stations import firmware_versions

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
    """A dropdown with the values of a column."""

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


class VendorFilter(_ColumnFilter):
    title = "vendor"
    parameter_name = column = "vendor"


class ModelFilter(_ColumnFilter):
    title = "model"
    parameter_name = column = "model"


class FirmwareFilter(_ColumnFilter):
    """A version; or charge points that are behind, as defined in `firmware_versions`."""

    title = "firmware"
    parameter_name = "firmware"
    column = "firmware_version"
    BEHIND = "(behind)"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        behind = (self.BEHIND, "Behind: older than on most of the model")
        return [behind, *super().lookups(request, model_admin)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChargePoint]
    ) -> QuerySet[ChargePoint]:
        if self.value() == self.BEHIND:
            return queryset.filter(firmware_versions.Versions().behind())
        return super().queryset(request, queryset)


class HealthFilter(DropdownFilter):
    """Charge points that a health rule finds, except in maintenance; or those in maintenance."""

    title = "health"
    parameter_name = "health"
    MAINTENANCE = "maintenance"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        found = [(rule.name, rule.title) for rule in rules.RULES.values()]
        return [*found, (self.MAINTENANCE, "In maintenance")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChargePoint]
    ) -> QuerySet[ChargePoint]:
        now = timezone.now()
        if self.value() == self.MAINTENANCE:
            return queryset.filter(maintenance.in_maintenance(now))
        rule = rules.RULES.get(self.value() or "")
        return queryset.filter(pk__in=rules.about(rule, now).values("pk")) if rule else queryset


class OpenCommandFilter(DropdownFilter):
    title = "open command"
    parameter_name = "open_command"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "With an open command")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChargePoint]
    ) -> QuerySet[ChargePoint]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(
            Exists(Command.objects.filter(charge_point=OuterRef("pk"), finished_at=None))
        )
