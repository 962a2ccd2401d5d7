"""Deliveries: each HTTP message to an endpoint, and its answer."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from chargepoints import key_codes
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.admin.row_page import RowPage
from chargepoints.admin.time_range import TimeRange
from chargepoints.models import Event
from chargepoints.services.history.event_feed import event_body
from chargepoints.templatetags import badges, charging
from core_link import resending
from core_link.delivery import posting
from core_link.models import Delivery

TONES = {
    Delivery.State.PENDING: badges.BUSY,
    Delivery.State.DELIVERED: badges.GOOD,
    Delivery.State.SPLIT: badges.WARN,
    Delivery.State.DEAD: badges.BAD,
}


@admin.register(Delivery)
class DeliveryAdmin(RowPage, HistoryAdmin):
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
        ("created_at", TimeRange),
    )
    search_fields = ("=id",)
    search_help_text = "exact id: the webhook-id that core saw"
    actions = ("retry_now",)  # type: ignore[assignment]
    change_form_outer_before_template = "admin/core_link/delivery/deeds.html"
    fieldsets = (
        (None, {"fields": ("id", "endpoint", "state_badge", "event_count", "events")}),
        ("Attempts", {"fields": ("attempts", "strikes", "last_attempt_at", "next")}),
        ("The answer to the last attempt", {"fields": ("answered", "answer", "last_error")}),
        ("When", {"fields": ("created_at", "finished_at")}),
        # Last, because it may contain a hundred events.
        ("The request, as it is sent", {"fields": ("sent_to", "body_sent")}),
    )
    readonly_fields = (
        *("state_badge", "events", "next"),
        *("sent_to", "body_sent", "answered", "answer"),
    )

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

    @admin.display(description="POST")
    def sent_to(self, row: Delivery) -> str:
        """The URL and id of the request; each attempt has a new signature."""
        return f"{row.endpoint.url} (webhook-id: {row.pk})"

    @admin.display(description="body")
    def body_sent(self, row: Delivery) -> SafeString | str:
        """Rebuilt from the events, which do not change; `backlog` differs in each attempt."""
        rows = Event.objects.select_related("charge_point").filter(pk__in=row.event_ids)
        kept = list(rows.order_by("position"))
        if not kept:
            return "its events have been deleted since"
        body = posting.message(str(row.pk), 0, [event_body(event) for event in kept])
        block = json_block(key_codes.shown(body))
        gone = row.event_count - len(kept)
        deleted = format_html("<p>and {} events that have been deleted since</p>", gone)
        return format_html("{}{}", block, deleted) if gone > 0 else block

    @admin.display(description="status")
    def answered(self, row: Delivery) -> str:
        if row.last_attempt_at is None:
            return "no attempt yet"
        status = f"HTTP {row.last_status}" if row.last_status else "no answer"
        took = charging.milliseconds(row.last_duration_ms)
        return f"{status} after {took}" if took else status

    @admin.display(description="body")
    def answer(self, row: Delivery) -> SafeString | str:
        if not row.last_answer:
            return "-"
        return format_html('<pre class="cp-frame">{}</pre>', charging.frame(row.last_answer))

    def shown_with(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        return {"may_resend": self.has_resend_permission(request)}

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.send_again))
        return [
            path("<uuid:pk>/again/", view, name="core_link_delivery_again"),
            *super().get_urls(),
        ]

    def send_again(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        delivery = get_object_or_404(Delivery.objects.select_related("endpoint"), pk=pk)
        if not self.has_resend_permission(request):
            raise PermissionDenied
        count = resending.resend_delivery(delivery)
        self.log_change(request, delivery, f"Sent again: {count} events.")
        messages.success(
            request,
            f"{count} event{pluralize(count)} queued to be sent again to {delivery.endpoint}.",
        )
        return HttpResponseRedirect(reverse("admin:core_link_delivery_change", args=[pk]))

    @admin.action(description="Try now", permissions=["resend"])
    def retry_now(self, request: HttpRequest, selected: QuerySet[Delivery]) -> None:
        count = resending.retry_now(selected)
        messages.success(request, f"{count} deliver{pluralize(count, 'y is,ies are')} tried now.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core_link.change_delivery")
