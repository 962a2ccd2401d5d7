"""The local authorization lists of charge points: what they accepted and what they report."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from chargepoints.admin.history import HistoryAdmin, count_of
from chargepoints.models import LocalList, LocalListEntry
from chargepoints.templatetags import badges


class EntryInline(TabularInline):
    model = LocalListEntry
    fields = readonly_fields = ("token", "type", "status", "group_id_token", "expires_at")
    extra = 0
    per_page = 50
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LocalList)
class LocalListAdmin(HistoryAdmin):
    """Read only: lists are sent by commands."""

    list_display = ("charge_point", "version", "reported", "entry_count", "updated_at")
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter),)
    search_fields = ("charge_point__identity", "=entries__value")
    search_help_text = "charge point, or exact token"
    ordering = ("charge_point__identity",)
    inlines = (EntryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LocalList]:
        lists: QuerySet[LocalList] = super().get_queryset(request)
        return lists.annotate(counted=count_of(LocalListEntry.objects.all(), "local_list"))

    @admin.display(description="version it reported")
    def reported(self, row: LocalList) -> SafeString | str:
        if row.reported_version is None:
            return "-"
        agreed = row.reported_version == row.version
        return badges.badge(row.reported_version, badges.GOOD if agreed else badges.WARN)

    @admin.display(description="entries")
    def entry_count(self, row: LocalList) -> int:
        return int(getattr(row, "counted", 0))
