"""The inbox of refused handshakes: who tried to connect, why it was refused, and the remedy."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter

from chargepoints.admin.history import CappedPaginator, HistoryList
from chargepoints.admin.time_range import TimeRange
from chargepoints.models import ChargePoint, HandshakeRefusal
from chargepoints.templatetags import badges, charging

LONGEST_SHOWN = 48
# The remedy for a registered charger: a page of its charge point, and the field.
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


class RefusalList(HistoryList):
    def get_results(self, request: HttpRequest) -> None:
        """Add to each row the next steps that the user may take."""
        super().get_results(request)
        for row in self.result_list:
            row.steps = list(_steps(request.user, row))


def _steps(user: Any, row: HandshakeRefusal) -> Iterator[tuple[str, str]]:
    """Links to the remedy if the charge point is registered, else to its registration."""
    known_pk = getattr(row, "known_pk", None)
    if known_pk is not None:
        yield reverse("admin:chargepoints_chargepoint_overview", args=[known_pk]), "Open"
        if row.reason in MENDED_BY and user.has_perm("chargepoints.change_chargepoint"):
            text, page, field = MENDED_BY[row.reason]
            url = reverse(f"admin:chargepoints_chargepoint_{page}", args=[known_pk])
            yield f"{url}{field}", text
        return
    is_stranger = row.reason in ("unknown_identity", "wrong_path") and row.identity
    if is_stranger and user.has_perm("chargepoints.add_chargepoint"):
        url = reverse("admin:chargepoints_chargepoint_add")
        yield f"{url}?{urlencode({'identity': row.identity})}", "Register"


class BlockedFilter(DropdownFilter):
    """The list hides blocked ones unless the user selects them."""

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
    """A row is deleted when it is dealt with; it comes back if the charger is refused again."""

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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RefusalList]:
        return RefusalList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="identity", ordering="identity")
    def who(self, row: HandshakeRefusal) -> str:
        """Cut, because anybody can try any name: a long one would push the reason off the page."""
        return Truncator(row.identity).chars(LONGEST_SHOWN).strip() or "(no name)"

    @admin.display(description="reason", ordering="reason")
    def why(self, row: HandshakeRefusal) -> SafeString:
        return badges.badge(row.reason_in_words, badges.BAD, f"HTTP {row.status_code}")

    @admin.display(description="next step")
    def next_step(self, row: HandshakeRefusal) -> SafeString | str:
        steps: list[tuple[str, str]] = row.steps  # type: ignore[attr-defined]
        link = '<a class="cp-link" href="{}">{}</a>'
        return format_html_join(" ", link, steps) or "-"

    @admin.display(description="last", ordering="last_at")
    def last(self, row: HandshakeRefusal) -> SafeString | str:
        return charging.age(row.last_at)
