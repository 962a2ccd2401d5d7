"""Events, as core gets them."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints import key_codes
from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import Event
from chargepoints.services.history import event_feed
from chargepoints.templatetags import badges, charging


@admin.register(Event)
class EventAdmin(BoundedSearch, HistoryAdmin):
    list_display = ("occurred", "charge_point", "type", "says", "remarks", "sequence", "position")
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("received_at", KeyTimeRange),
        ("time_quality", ChoicesDropdownFilter),
        "backfill",
    )
    search_fields = ("=type",)
    search_help_text = "identity of a charge point; or exact type (among the latest)"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("charge_point", "sequence", "position", "event_id", "type", "trace")}),
        ("When", {"fields": ("occurred_at", "received_at", "time_quality", "backfill")}),
        ("What", {"fields": ("remarks", "data_sent", "ocpp_said")}),
    )
    readonly_fields = ("event_id", "trace", "remarks", "data_sent", "ocpp_said")

    @admin.display(description="trace id")
    def trace(self, row: Event) -> str:
        return event_feed.trace_id(row)

    @admin.display(description="occurred")
    def occurred(self, row: Event) -> str:
        return charging.moment(row.occurred_at)

    @admin.display(description="says")
    def says(self, row: Event) -> SafeString | str:
        return badges.event_says(row) or "-"

    @admin.display(description="remarks")
    def remarks(self, row: Event) -> SafeString | str:
        names = ["backfill"] if row.backfill else []
        return badges.deviations([*names, *row.deviations]) or "-"

    @admin.display(description="data")
    def data_sent(self, row: Event) -> SafeString:
        return json_block(key_codes.shown(row.data))

    @admin.display(description="OCPP message")
    def ocpp_said(self, row: Event) -> SafeString:
        return json_block(row.ocpp)
