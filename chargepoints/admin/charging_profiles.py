"""The charging profiles that charge points accepted or reported."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.models import ChargingProfile


@admin.register(ChargingProfile)
class ChargingProfileAdmin(HistoryAdmin):
    """Read only: profiles are installed and cleared by commands."""

    list_display = (
        "charge_point",
        "evse",
        "purpose",
        "stack_level",
        "profile_id",
        "transaction_id",
        "source",
        "installed_at",
        "reported_at",
        "missing_since",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("purpose", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("missing_since", admin.EmptyFieldListFilter),
    )
    search_fields = ("charge_point__identity", "=transaction_id")
    search_help_text = "charge point, or exact transaction id"
    ordering = ("charge_point_id", "evse_id", "purpose", "stack_level")
    fields = (
        "charge_point",
        "evse",
        "purpose",
        "stack_level",
        "profile_id",
        "transaction_id",
        "source",
        "installed_at",
        "reported_at",
        "missing_since",
        "schedule",
    )
    readonly_fields = ("evse", "schedule")

    @admin.display(description="EVSE")
    def evse(self, row: ChargingProfile) -> str:
        return str(row.evse_id or "charge point")

    @admin.display(description="profile")
    def schedule(self, row: ChargingProfile) -> SafeString:
        return json_block(row.profile)
