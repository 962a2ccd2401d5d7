"""Transactions with their curve, and the events that reported them (OCPP 2.0.1)."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)

from chargepoints.admin import charts, close_page, story, times
from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.own_pages import own_page
from chargepoints.admin.row_page import RowPage
from chargepoints.admin.time_range import TimeRange
from chargepoints.models import TimeQuality, Transaction, TransactionEvent
from chargepoints.services.transactions import closing
from chargepoints.templatetags import badges, charging


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "Open"),
            ("left_open", "Probably left open"),
            ("ended", "Ended"),
            ("closed", "Closed by us"),
            ("orphan", "Orphan"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Transaction]
    ) -> QuerySet[Transaction]:
        if self.value() == "open":
            return queryset.filter(ended_at=None)
        if self.value() == "left_open":
            return closing.left_open(queryset)
        if self.value() == "closed":
            return queryset.exclude(closed_by="")
        if self.value() == "ended":
            return queryset.filter(ended_at__isnull=False)
        if self.value() == "orphan":
            return queryset.filter(orphan=True)
        return queryset


class TransactionEventInline(TabularInline):
    model = TransactionEvent
    verbose_name_plural = "events (OCPP 2.0.1)"
    fields = readonly_fields = (
        "seq_no",
        "event_type",
        "trigger_reason",
        "occurred_at",
        "received_at",
        "offline",
        "conflict",
    )
    extra = 0
    per_page = 20
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Transaction)
class TransactionAdmin(RowPage, BoundedSearch, HistoryAdmin):
    list_display = (
        "short_id",
        "charge_point",
        "evse",
        "state",
        "token",
        "started",
        "lasted",
        "energy",
        "now",
        "stop_reason",
        "decided_by",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        StateFilter,
        ("started_at", TimeRange),
        ("charge_point", AutocompleteSelectFilter),
        ("decided_by", ChoicesDropdownFilter),
    )
    search_fields = ("=transaction_id", "=id_token")
    search_indexed = ("id_token", "transaction_id")
    search_help_text = "charge point, token or transaction id"
    inlines = (TransactionEventInline,)
    change_form_outer_before_template = "admin/chargepoints/transaction/summary.html"
    fieldsets = (
        ("Where", {"fields": ("charge_point", "transaction_id", "evse_id", "connector_id")}),
        (
            "Who",
            {
                "fields": (
                    ("token", "id_token_type", "group_id_token"),
                    ("authorization_status", "decided_by", "stop_id_token"),
                    ("vehicle_id", "vehicle_type"),
                    ("remote_start_id", "reservation_id"),
                )
            },
        ),
        (
            "When",
            {
                "fields": (
                    ("started_at", "started_received_at"),
                    ("ended_at", "ended_received_at"),
                    ("stop_reason", "closed_by", "charging_state"),
                )
            },
        ),
        (
            "Meter",
            {
                "fields": (
                    ("meter_start", "meter_latest", "meter_stop"),
                    ("sampled_at", "meter_stop_source"),
                    ("energy_from_wh", "odd_readings"),
                    ("total_cost", "limits", "details"),
                )
            },
        ),
        ("Remarks", {"fields": ("remarks",)}),
    )
    readonly_fields = (
        "token",
        "meter_start",
        "meter_stop",
        "meter_latest",
        "odd_readings",
        "remarks",
    )

    @admin.display(description="transaction")
    def short_id(self, row: Transaction) -> SafeString:
        """The id in one line; the 36 characters of 2.0.1 would need four lines."""
        return format_html('<span class="cp-id" title="{0}">{0}</span>', row.transaction_id)

    @admin.display(description="EVSE")
    def evse(self, row: Transaction) -> int | str:
        return row.evse_id or "-"

    @admin.display(description="state")
    def state(self, row: Transaction) -> SafeString:
        if row.closed_by:
            return badges.badge("closed by us", badges.WARN)
        if row.ended_at is None:
            return badges.badge(row.charging_state or "open", badges.BUSY)
        if row.orphan:
            return badges.badge("orphan", badges.WARN)
        return badges.badge("ended")

    @admin.display(description="started")
    def started(self, row: Transaction) -> str:
        return charging.moment(row.started_at) or "-"

    @admin.display(description="lasted")
    def lasted(self, row: Transaction) -> str:
        return charging.duration(lasted(row)) or "-"

    @admin.display(description="energy")
    def energy(self, row: Transaction) -> str:
        return charging.energy(row.energy_wh) or "-"

    @admin.display(description="what was odd")
    def odd_readings(self, row: Transaction) -> str:
        return ", ".join(row.deviations) or "-"

    @admin.display(description="power, SoC")
    def now(self, row: Transaction) -> str:
        """Power and SoC; empty after the end."""
        power = charging.power(row.power_w) if row.ended_at is None else ""
        return " · ".join(filter(None, (power, charging.percent(row.soc_percent)))) or "-"

    @admin.display(description="start")
    def meter_start(self, row: Transaction) -> str:
        return charging.energy(row.meter_start_wh) or "-"

    @admin.display(description="stop")
    def meter_stop(self, row: Transaction) -> str:
        return charging.energy(row.meter_stop_wh) or "-"

    @admin.display(description="latest")
    def meter_latest(self, row: Transaction) -> str:
        return charging.energy(row.meter_latest_wh) or "-"

    @admin.display(description="remarks")
    def remarks(self, row: Transaction) -> SafeString | str:
        named = {
            "begun offline": row.offline,
            "orphan": row.orphan,
            "time estimated": row.time_quality == TimeQuality.ESTIMATED,
        }
        return badges.deviations([name for name, holds in named.items() if holds]) or "-"

    def get_inlines(self, request: HttpRequest, obj: Transaction | None) -> list[Any]:
        """The events, if there are any: OCPP 1.6 has none."""
        told = obj is not None and obj.events.exists()
        return list(self.inlines) if told else []

    def shown_with(self, request: HttpRequest, row: Transaction) -> dict[str, Any]:
        times.at_site(request, row.charge_point)
        return {
            "story": story.around(row),
            "same": story.around(row, "same"),
            "chart": charts.chart_of(row.pk),
            "left_open": closing.left_open(Transaction.objects.filter(pk=row.pk)).exists(),
        }

    def get_urls(self) -> list[URLPattern]:
        close = own_page(self, close_page.close)
        return [
            path("<int:pk>/close/", close, name="chargepoints_transaction_close"),
            *super().get_urls(),
        ]


def lasted(transaction: Transaction) -> timedelta | None:
    """Its duration, up to now if it is open."""
    if transaction.started_at is None:
        return None
    return (transaction.ended_at or timezone.now()) - transaction.started_at
