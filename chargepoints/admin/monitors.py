"""The monitors of a charge point's variables, their alarms, and its display."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import DisplayMessage, EventStream, Monitor, MonitoringEvent
from chargepoints.templatetags import charging


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
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("received_at", KeyTimeRange),
        "cleared",
    )
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
        "connector_id",
        "variable",
        "actual_value",
        "cleared",
        "said",
    )
    readonly_fields = ("said",)

    @admin.display(description="occurred")
    def occurred(self, row: MonitoringEvent) -> str:
        return charging.moment(row.occurred_at)

    @admin.display(description="eventData")
    def said(self, row: MonitoringEvent) -> SafeString:
        return json_block(row.data)


@admin.register(Monitor)
class MonitorAdmin(HistoryAdmin):
    """Read only: monitors are set and cleared by commands."""

    list_display = (
        "charge_point",
        "number",
        "component",
        "evse_id",
        "variable",
        "type",
        "value",
        "severity",
        "read_at",
    )
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter), "severity")
    search_fields = ("=charge_point__identity", "component", "variable")
    search_help_text = "exact identity of the charge point, component or variable"
    ordering = ("charge_point_id", "number")


@admin.register(EventStream)
class EventStreamAdmin(HistoryAdmin):
    """Read only: the charge point opens and closes them."""

    list_display = (
        "charge_point",
        "number",
        "monitor_number",
        "interval_s",
        "values_at_once",
        "value",
        "value_at",
        "pending",
    )
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter),)
    search_fields = ("=charge_point__identity",)
    search_help_text = "exact identity of the charge point"
    ordering = ("charge_point_id", "number")


@admin.register(DisplayMessage)
class DisplayMessageAdmin(HistoryAdmin):
    """Read only: messages are set and cleared by commands."""

    list_display = (
        "charge_point",
        "number",
        "content",
        "priority",
        "state",
        "start_at",
        "end_at",
        "read_at",
    )
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter),)
    search_fields = ("=charge_point__identity", "content")
    search_help_text = "exact identity of the charge point, or content"
    ordering = ("charge_point_id", "number")
