"""The tariffs and the DER controls of charge points."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.models import DerControl, Tariff


@admin.register(Tariff)
class TariffAdmin(HistoryAdmin):
    """Read only: tariffs are set and cleared by commands."""

    list_display = ("charge_point", "evse_id", "tariff_id", "kind", "read_at")
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter), "kind")
    search_fields = ("=charge_point__identity", "tariff_id")
    search_help_text = "exact identity of the charge point, or tariff"
    ordering = ("charge_point_id", "evse_id", "tariff_id")
    fields = ("charge_point", "evse_id", "tariff_id", "kind", "read_at", "said")
    readonly_fields = ("said",)

    @admin.display(description="content")
    def said(self, row: Tariff) -> SafeString:
        return json_block(row.content)


@admin.register(DerControl)
class DerControlAdmin(HistoryAdmin):
    """Read only: controls are set and cleared by commands."""

    list_display = (
        "charge_point",
        "type",
        "control_id",
        "is_default",
        "is_superseded",
        "started",
        "read_at",
    )
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter), "is_default", "is_superseded")
    search_fields = ("=charge_point__identity", "type", "control_id")
    search_help_text = "exact identity of the charge point, type or id"
    ordering = ("charge_point_id", "type", "control_id")
    fields = (
        "charge_point",
        "type",
        "control_id",
        "is_default",
        "is_superseded",
        "started",
        "read_at",
        "said",
    )
    readonly_fields = ("said",)

    @admin.display(description="setting")
    def said(self, row: DerControl) -> SafeString:
        return json_block(row.setting)
