"""Meter values: in units, and as sent."""

from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter

from chargepoints.admin.bounded_search import LATEST, BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import MeterValue
from chargepoints.templatetags import badges, charging


class ConflictFilter(DropdownFilter):
    """Searches only the latest rows: conflicts are rare, and have no index."""

    title = "conflict"
    parameter_name = "conflict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", f"Conflicting, among the latest {LATEST:,}")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MeterValue]
    ) -> QuerySet[MeterValue]:
        if self.value() != "yes":
            return queryset
        last = MeterValue.objects.aggregate(last=Max("pk"))["last"] or 0
        return queryset.filter(conflict=True, pk__gt=last - LATEST)


@admin.register(MeterValue)
class MeterValueAdmin(BoundedSearch, HistoryAdmin):
    list_display = (
        "sampled",
        "charge_point",
        "evse_id",
        "transaction",
        "energy",
        "power",
        "current",
        "voltage",
        "soc",
        "remarks",
    )
    fieldsets = (
        (None, {"fields": ("charge_point", "transaction", "evse_id")}),
        ("When", {"fields": ("sampled_at", "received_at")}),
        ("What", {"fields": ("energy", "power", "current", "voltage", "soc", "remarks")}),
        ("As the charger sent it", {"fields": ("said",)}),
    )
    readonly_fields = ("energy", "power", "current", "voltage", "soc", "remarks", "said")
    list_select_related = ("charge_point", "transaction")
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("received_at", KeyTimeRange),
        ConflictFilter,
    )
    search_fields = ("=transaction__transaction_id",)
    search_help_text = "identity of a charge point; or transaction id (among the latest)"

    @admin.display(description="sampled")
    def sampled(self, row: MeterValue) -> str:
        return charging.moment(row.sampled_at)

    @admin.display(description="energy register")
    def energy(self, row: MeterValue) -> str:
        return charging.energy(row.energy_wh) or "-"

    @admin.display(description="power")
    def power(self, row: MeterValue) -> str:
        return charging.power(row.power_w) or "-"

    @admin.display(description="current")
    def current(self, row: MeterValue) -> str:
        return charging.current(row.current_a) or "-"

    @admin.display(description="voltage")
    def voltage(self, row: MeterValue) -> str:
        return charging.voltage(row.voltage_v) or "-"

    @admin.display(description="SoC")
    def soc(self, row: MeterValue) -> str:
        return charging.percent(row.soc_percent) or "-"

    @admin.display(description="remarks")
    def remarks(self, row: MeterValue) -> SafeString | str:
        return badges.badge("conflict", badges.BAD) if row.conflict else "-"

    @admin.display(description="samples")
    def said(self, row: MeterValue) -> SafeString:
        return json_block(row.samples)
