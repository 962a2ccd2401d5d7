"""Deliveries: each HTTP message on its way to an endpoint, and what came back."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from chargepoints.admin.history import HistoryAdmin
from chargepoints.models import Event
from chargepoints.templatetags import badges, charging
from core_link import resending
from core_link.models import Delivery

TONES = {
    Delivery.State.PENDING: badges.BUSY,
    Delivery.State.DELIVERED: badges.GOOD,
    Delivery.State.SPLIT: badges.WARN,
    Delivery.State.DEAD: badges.BAD,
}


@admin.register(Delivery)
class DeliveryAdmin(HistoryAdmin):
    list_display = (
        "created",
        "endpoint",
        "state_badge",
        "event_count",
        "attempts",
        "next",
        "error",
    )
    list_select_related = ("endpoint",)
    list_filter = (
        ("endpoint", RelatedDropdownFilter),
        ("state", ChoicesDropdownFilter),
    )
    search_fields = ("=id",)
    search_help_text = "exact id: the webhook-id that core saw"
    actions = ("retry_now",)  # type: ignore[assignment]
    fieldsets = (
        (None, {"fields": ("id", "endpoint", "state_badge", "event_count", "events")}),
        ("Attempts", {"fields": ("attempts", "strikes", "last_attempt_at", "next", "last_status")}),
        ("What went wrong", {"fields": ("last_error",)}),
        ("When", {"fields": ("created_at", "finished_at")}),
    )
    readonly_fields = ("state_badge", "events", "next")

    @admin.display(description="created", ordering="created_at")
    def created(self, row: Delivery) -> str:
        return charging.moment(row.created_at)

    @admin.display(description="state", ordering="state")
    def state_badge(self, row: Delivery) -> SafeString:
        return badges.badge(row.get_state_display(), TONES.get(Delivery.State(row.state), ""))

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def next(self, row: Delivery) -> str:
        if row.state != Delivery.State.PENDING:
            return "-"
        if row.claimed_until is not None:
            return "under way"
        if row.endpoint.down_since is not None:
            return "when the endpoint answers"
        return charging.moment(row.next_attempt_at)

    @admin.display(description="error")
    def error(self, row: Delivery) -> str:
        return row.last_error[:100] or "-"

    @admin.display(description="events")
    def events(self, row: Delivery) -> SafeString | str:
        found = Event.objects.filter(pk__in=row.event_ids).select_related("charge_point")
        links = (
            (reverse("admin:chargepoints_event_change", args=[event.pk]), event.charge_point, event)
            for event in found.order_by("position")
        )
        return format_html_join(", ", '<a href="{}" title="{}">{}</a>', links) or "deleted since"

    @admin.action(description="Try now", permissions=["resend"])
    def retry_now(self, request: HttpRequest, selected: QuerySet[Delivery]) -> None:
        count = resending.retry_now(selected)
        messages.success(request, f"{count} deliveries are tried now.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core_link.change_delivery")
