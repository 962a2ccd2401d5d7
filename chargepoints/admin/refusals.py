"""The inbox of refused handshakes: who knocked, why the door stayed shut, what would open it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.admin import ModelAdmin

from chargepoints.admin.history import CappedPaginator, HistoryList
from chargepoints.models import ChargePoint, HandshakeRefusal
from chargepoints.templatetags import badges, charging

LONGEST_SHOWN = 48


@admin.register(HandshakeRefusal)
class HandshakeRefusalAdmin(ModelAdmin):
    """Rows may be deleted, which is how one is dealt with; it comes back if the charger does."""

    list_display = (
        "who",
        "address",
        "why",
        "remedy",
        "next_step",
        "count",
        "last",
        "first_at",
    )
    list_filter = ("status_code", "reason")
    search_fields = ("identity", "=address", "user")
    search_help_text = "identity, exact address, or user name"
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    paginator = CappedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandshakeRefusal]:
        refusals: QuerySet[HandshakeRefusal] = super().get_queryset(request)
        known = ChargePoint.objects.alias(lower=Lower("identity")).filter(
            lower=Lower(OuterRef("identity"))
        )
        return refusals.annotate(known_pk=Subquery(known.values("pk")[:1]))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[HistoryList]:
        return HistoryList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="identity", ordering="identity")
    def who(self, row: HandshakeRefusal) -> str:
        """Anybody may knock under any name: none pushes the reason off the page."""
        return Truncator(row.identity).chars(LONGEST_SHOWN)

    @admin.display(description="reason", ordering="reason")
    def why(self, row: HandshakeRefusal) -> SafeString:
        return badges.badge(row.reason_in_words, badges.BAD, f"HTTP {row.status_code}")

    @admin.display(description="next step")
    def next_step(self, row: HandshakeRefusal) -> SafeString | str:
        """To the charge point where it is registered, else to its registration."""
        known_pk = getattr(row, "known_pk", None)
        if known_pk is not None:
            url = reverse("admin:chargepoints_chargepoint_overview", args=[known_pk])
            return format_html('<a class="cp-link" href="{}">Open</a>', url)
        if row.reason != "unknown_identity":
            return "-"
        url = reverse("admin:chargepoints_chargepoint_add")
        query = urlencode({"identity": row.identity})
        return format_html('<a class="cp-link" href="{}?{}">Register</a>', url, query)

    @admin.display(description="last", ordering="last_at")
    def last(self, row: HandshakeRefusal) -> SafeString | str:
        return charging.age(row.last_at)
