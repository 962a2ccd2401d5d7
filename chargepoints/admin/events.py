"""Events, as core is told them, and the alarms of 2.0.1 charge points."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints.admin.commands import json_block
from chargepoints.admin.history import HistoryAdmin
from chargepoints.models import Event, MonitoringEvent
from chargepoints.templatetags import badges, charging


@admin.register(Event)
class EventAdmin(HistoryAdmin):
    list_display = ("occurred", "charge_point", "sequence", "type", "remarks", "position")
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("time_quality", ChoicesDropdownFilter),
        "backfill",
    )
    search_fields = ("=charge_point__identity", "=type")
    search_help_text = "exact identity of the charge point, or exact type"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("charge_point", "sequence", "position", "event_id", "type")}),
        ("When", {"fields": ("occurred_at", "received_at", "time_quality", "backfill")}),
        ("What", {"fields": ("remarks", "data_sent", "ocpp_said")}),
    )
    readonly_fields = ("event_id", "remarks", "data_sent", "ocpp_said")

    @admin.display(description="occurred", ordering="id")
    def occurred(self, row: Event) -> str:
        return charging.moment(row.occurred_at)

    @admin.display(description="remarks")
    def remarks(self, row: Event) -> SafeString | str:
        names = ["backfill"] if row.backfill else []
        return badges.deviations([*names, *row.deviations]) or "-"

    @admin.display(description="data")
    def data_sent(self, row: Event) -> SafeString:
        return json_block(row.data)

    @admin.display(description="OCPP message")
    def ocpp_said(self, row: Event) -> SafeString:
        return json_block(row.ocpp)


@admin.register(MonitoringEvent)
class MonitoringEventAdmin(HistoryAdmin):
    list_display = (
        "occurred",
        "charge_point",
        "component",
        "evse_id",
        "variable",
        "actual_value",
        "trigger",
        "notification_type",
        "cleared",
    )
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter), "cleared")
    search_fields = ("=charge_point__identity", "component", "variable")
    search_help_text = "exact identity of the charge point, component or variable"
    fields = (
        "charge_point",
        "event_id",
        "occurred_at",
        "received_at",
        "trigger",
        "notification_type",
        "component",
        "evse_id",
        "variable",
        "actual_value",
        "cleared",
        "said",
    )
    readonly_fields = ("said",)

    @admin.display(description="occurred", ordering="id")
    def occurred(self, row: MonitoringEvent) -> str:
        return charging.moment(row.occurred_at)

    @admin.display(description="eventData")
    def said(self, row: MonitoringEvent) -> SafeString:
        return json_block(row.data)
