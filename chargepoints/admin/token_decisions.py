"""Decisions about tokens: the result, who decided, and how long core took."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import TokenDecision
from chargepoints.services.history import story
from chargepoints.templatetags import badges, charging


@admin.register(TokenDecision)
class TokenDecisionAdmin(BoundedSearch, HistoryAdmin):
    list_display = ("asked", "charge_point", "id_token", "verdict", "reason", "action", "evse_id")
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("asked_at", KeyTimeRange),
        ("decided_by", ChoicesDropdownFilter),
    )
    search_fields = ("=id_token", "=status", "=trace_id")
    search_indexed = ("id_token",)
    search_help_text = "charge point or token; or status, trace id (among the latest)"
    fieldsets = (
        (None, {"fields": ("charge_point", "evse_id", "id_token", "id_token_type")}),
        ("Decision", {"fields": ("verdict", "reason", "decided_by")}),
        ("Question to core", {"fields": ("core_ms", "core_error", "trace_id")}),
        ("Message of the charger", {"fields": ("asked", "action", "message_id")}),
    )
    readonly_fields = ("asked", "verdict", "reason")

    @admin.display(description="asked")
    def asked(self, row: TokenDecision) -> str:
        return charging.precise_moment(row.asked_at)

    @admin.display(description="verdict")
    def verdict(self, row: TokenDecision) -> SafeString:
        tone = badges.GOOD if row.status == "accepted" else badges.BAD
        return badges.badge(row.status.replace("_", " "), tone)

    @admin.display(description="who decided")
    def reason(self, row: TokenDecision) -> str:
        return story.decided_by(row)
