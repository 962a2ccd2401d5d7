"""The inbox of refused handshakes: who knocked, why the door stayed shut, what would open it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter

from chargepoints.admin.history import CappedPaginator, HistoryList
from chargepoints.admin.time_range import TimeRange
from chargepoints.models import ChargePoint, HandshakeRefusal
from chargepoints.templatetags import badges, charging

LONGEST_SHOWN = 48
# What mends the refusal of a charger that is registered: a page of its charge point, the field.
NEW_KEY = ("New key", "key", "")
PROFILE = ("Security profile", "change", "#id_security_profile")
MENDED_BY = {
    "wrong_key": NEW_KEY,
    "no_credentials": NEW_KEY,
    "wrong_user": ("Check of the user name", "change", "#id_check_user_name"),
    "no_common_protocol": ("Version", "change", "#id_pinned_protocol"),
    "no_tls": PROFILE,
    "no_certificate": PROFILE,
    "bad_certificate": PROFILE,
    "foreign_certificate": PROFILE,
    "revoked_certificate": PROFILE,
    "foreign_organization": PROFILE,
}


class BlockedFilter(DropdownFilter):
    """Blocked ones are not in the list unless they are asked for."""

    title = "blocked"
    parameter_name = "blocked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Blocked"), ("any", "Blocked or not")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[HandshakeRefusal]
    ) -> QuerySet[HandshakeRefusal]:
        if self.value() == "any":
            return queryset
        return queryset.filter(blocked=self.value() == "yes")


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
    list_filter = (BlockedFilter, ("last_at", TimeRange), "status_code", "reason")
    search_fields = ("identity", "=address", "user")
    search_help_text = "identity, exact address, or user name"
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    paginator = CappedPaginator
    show_full_result_count = False
    actions = ("block", "unblock")

    @admin.action(description="Block: hide from this list", permissions=["delete"])
    def block(self, request: HttpRequest, selected: QuerySet[HandshakeRefusal]) -> None:
        count = selected.update(blocked=True)
        said = f"{count} refused handshake{pluralize(count, ' is,s are')} blocked"
        messages.success(request, f'{said}: the filter "blocked" still shows them.')

    @admin.action(description="Show in this list again", permissions=["delete"])
    def unblock(self, request: HttpRequest, selected: QuerySet[HandshakeRefusal]) -> None:
        count = selected.update(blocked=False)
        said = f"{count} refused handshake{pluralize(count, ' is,s are')} in the list again."
        messages.success(request, said)

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
        return Truncator(row.identity).chars(LONGEST_SHOWN).strip() or "(no name)"

    @admin.display(description="reason", ordering="reason")
    def why(self, row: HandshakeRefusal) -> SafeString:
        return badges.badge(row.reason_in_words, badges.BAD, f"HTTP {row.status_code}")

    @admin.display(description="next step")
    def next_step(self, row: HandshakeRefusal) -> SafeString | str:
        """A link to the remedy if the charge point is registered, else to its registration."""
        known_pk = getattr(row, "known_pk", None)
        if known_pk is not None:
            steps = [("Open", "overview", ""), *filter(None, [MENDED_BY.get(row.reason)])]
            return format_html_join(
                " ",
                '<a class="cp-link" href="{}{}">{}</a>',
                (
                    (
                        reverse(f"admin:chargepoints_chargepoint_{page}", args=[known_pk]),
                        field,
                        text,
                    )
                    for text, page, field in steps
                ),
            )
        if row.reason not in ("unknown_identity", "wrong_path") or not row.identity:
            return "-"
        url = reverse("admin:chargepoints_chargepoint_add")
        query = urlencode({"identity": row.identity})
        return format_html('<a class="cp-link" href="{}?{}">Register</a>', url, query)

    @admin.display(description="last", ordering="last_at")
    def last(self, row: HandshakeRefusal) -> SafeString | str:
        return charging.age(row.last_at)
