"""The trace: every CALL in either direction with its answer."""

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import Message
from chargepoints.services.history import meanings
from chargepoints.templatetags import badges, charging


@admin.register(Message)
class MessageAdmin(BoundedSearch, HistoryAdmin):
    list_display = (
        "started",
        "charge_point",
        "direction",
        "action",
        "says",
        "result",
        "took",
        "oddities",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("started_at", KeyTimeRange),
        ("direction", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
    )
    search_fields = ("=action", "=message_id", "=error_code")
    search_help_text = "identity of a charge point; or action, message id, error code (latest)"
    fieldsets = (
        (None, {"fields": ("charge_point", "connection", "direction", "action", "message_id")}),
        ("Outcome", {"fields": ("says", "result", "started", "took", "oddities", "trace")}),
        ("Frames", {"fields": ("request_frame", "reply_frame")}),
    )
    readonly_fields = (
        *("says", "result", "started", "took", "oddities", "trace"),
        *("request_frame", "reply_frame"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Frames may be long: the list reads only their beginnings, for their meaning."""
        messages: QuerySet[Message] = super().get_queryset(request)
        return messages.defer("request", "reply").annotate(
            request_head=Left("request", meanings.LONGEST_FRAME),
            reply_head=Left("reply", meanings.LONGEST_FRAME),
        )

    @admin.display(description="started")
    def started(self, row: Message) -> str:
        return charging.precise_moment(row.started_at)

    @admin.display(description="says")
    def says(self, row: Message) -> SafeString | str:
        return badges.says(row) or "-"

    @admin.display(description="outcome")
    def result(self, row: Message) -> SafeString:
        return badges.outcome(row)

    @admin.display(description="took")
    def took(self, row: Message) -> str:
        return charging.milliseconds(row.duration_ms) or "-"

    @admin.display(description="deviations")
    def oddities(self, row: Message) -> SafeString | str:
        return badges.deviations(row.deviations) or "-"

    @admin.display(description="request")
    def request_frame(self, row: Message) -> SafeString:
        return frame(row.request)

    @admin.display(description="reply")
    def reply_frame(self, row: Message) -> SafeString | str:
        return frame(row.reply) if row.reply else "-"


def frame(text: str) -> SafeString:
    return format_html('<pre class="cp-frame">{}</pre>', charging.frame(text))
