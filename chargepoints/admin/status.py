"""The present status of connectors, and all reported changes."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)

from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import Connector, StatusChange
from chargepoints.templatetags import badges, charging


class OnlineFilter(DropdownFilter):
    """By the charge point's connection: if it is offline, a status is the last known one."""

    title = "online"
    parameter_name = "online"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Online"), ("no", "Offline")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connector]) -> QuerySet[Connector]:
        if self.value() not in ("yes", "no"):
            return queryset
        offline = self.value() == "no"
        return queryset.filter(evse__charge_point__connection__isnull=offline)


@admin.register(Connector)
class ConnectorAdmin(HistoryAdmin):
    list_display = (
        "charge_point",
        "evse_number",
        "connector_id",
        "status_badge",
        "ocpp_status",
        "error",
        "since",
        "repeats",
    )
    list_select_related = ("evse__charge_point",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        OnlineFilter,
        ("evse__charge_point", AutocompleteSelectFilter),
    )
    search_fields = ("evse__charge_point__identity", "error_code", "vendor_error_code", "info")
    sortable_by = ("charge_point", "status_badge", "since")
    ordering = ("evse__charge_point__identity", "evse__evse_id", "connector_id")

    @admin.display(description="charge point", ordering="evse__charge_point__identity")
    def charge_point(self, row: Connector) -> str:
        return row.evse.charge_point.identity

    @admin.display(description="EVSE", ordering="evse__evse_id")
    def evse_number(self, row: Connector) -> int:
        return row.evse.evse_id

    @admin.display(description="status", ordering="status")
    def status_badge(self, row: Connector) -> SafeString:
        return badges.connector(row)

    @admin.display(description="error", ordering="error_code")
    def error(self, row: Connector) -> str:
        return badges.error_of(row) or "-"

    @admin.display(description="since", ordering="status_at")
    def since(self, row: Connector) -> SafeString | str:
        return charging.age(row.status_at) or "-"


@admin.register(StatusChange)
class StatusChangeAdmin(BoundedSearch, HistoryAdmin):
    list_display = (
        "reported",
        "charge_point",
        "evse_id",
        "connector_id",
        "status_badge",
        "change",
        "error_code",
        "vendor_error_code",
        "info",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("received_at", KeyTimeRange),
        ("status", ChoicesDropdownFilter),
    )
    search_fields = ("=error_code", "=vendor_error_code")
    search_help_text = "exact identity of the charge point, error code or the vendor's error code"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusChange]:
        changes: QuerySet[StatusChange] = super().get_queryset(request)
        before = StatusChange.objects.filter(
            charge_point=OuterRef("charge_point"),
            evse_id=OuterRef("evse_id"),
            connector_id=OuterRef("connector_id"),
            pk__lt=OuterRef("pk"),
        ).order_by("-pk")
        return changes.annotate(before=Subquery(before.values("ocpp_status")[:1]))

    @admin.display(description="change")
    def change(self, row: StatusChange) -> str:
        before = getattr(row, "before", None)
        return f"{before} -> {row.ocpp_status}" if before else row.ocpp_status

    @admin.display(description="reported")
    def reported(self, row: StatusChange) -> str:
        return charging.moment(row.reported_at)

    @admin.display(description="status")
    def status_badge(self, row: StatusChange) -> SafeString:
        return badges.status(row.status)
