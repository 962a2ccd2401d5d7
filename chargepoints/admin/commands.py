"""Commands: what was sent to charge points, by whom, and with what result."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
)

from chargepoints import key_codes
from chargepoints.admin import command_types, files, reasons
from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.admin.row_page import RowPage
from chargepoints.admin.time_range import TimeRange
from chargepoints.models import Command, Upload
from chargepoints.services.commands import redaction, submission
from chargepoints.templatetags import badges, charging


@admin.register(Command)
class CommandAdmin(RowPage, BoundedSearch, HistoryAdmin):
    list_display = (
        "created",
        "charge_point",
        "type",
        "state_badge",
        "error",
        "took",
        "requested_by",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("created_at", TimeRange),
    )
    search_fields = ("=type", "=requested_by", "=message_id")
    search_help_text = "charge point, type, requester, or message id"
    change_form_outer_before_template = "admin/chargepoints/command/cancel.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "charge_point",
                    "type",
                    "arguments",
                    "requested_by",
                    "why",
                    "state_badge",
                    "doubts",
                )
            },
        ),
        (
            "When",
            {"fields": ("created_at", "expires_at", "sent_at", "answered_at", "finished_at")},
        ),
        (
            "Request and answer",
            {"fields": ("action", "message_id", "request_sent", "response_got", "brought")},
        ),
        ("Error", {"fields": ("error_class", "error_code", "error_detail")}),
        ("Effect", {"fields": ("effect_key", "effect_deadline", "transaction", "files")}),
    )
    readonly_fields = (
        "arguments",
        "why",
        "state_badge",
        "doubts",
        "request_sent",
        "response_got",
        "brought",
        "files",
    )

    @admin.display(description="created")
    def created(self, row: Command) -> str:
        return charging.moment(row.created_at)

    @admin.display(description="state")
    def state_badge(self, row: Command) -> SafeString:
        return badges.command_state(row.state)

    @admin.display(description="error")
    def error(self, row: Command) -> str:
        return " ".join(text for text in (row.error_code, row.error_detail[:80]) if text) or "-"

    @admin.display(description="why")
    def why(self, row: Command) -> str:
        return reasons.of(row) or (row.batch and reasons.of(row.batch)) or "-"

    @admin.display(description="cautions")
    def doubts(self, row: Command) -> str:
        return "; ".join(row.cautions) or "-"

    @admin.display(description="took")
    def took(self, row: Command) -> str:
        return charging.milliseconds(row.duration_ms) or "-"

    @admin.display(description="arguments")
    def arguments(self, row: Command) -> SafeString:
        return json_block(redaction.shown_args(row.type, row.args))

    @admin.display(description="request")
    def request_sent(self, row: Command) -> SafeString:
        return json_block(key_codes.shown(row.request))

    @admin.display(description="response")
    def response_got(self, row: Command) -> SafeString:
        return json_block(row.response)

    @admin.display(description="result")
    def brought(self, row: Command) -> SafeString:
        return json_block(row.result)

    @admin.display(description="files")
    def files(self, row: Command) -> SafeString | str:
        """The files that the charger uploaded for it, to download."""
        uploads = Upload.objects.filter(command=row).defer("location")
        return format_html_join(", ", "{}", ((files.link(each),) for each in uploads)) or "-"

    def get_urls(self) -> list[URLPattern]:
        cancel = require_POST(self.admin_site.admin_view(self.cancel))
        return [
            path("<uuid:pk>/cancel/", cancel, name="chargepoints_command_cancel"),
            *super().get_urls(),
        ]

    def cancel(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Cancel a command that was not sent yet; allowed to users who may send it."""
        command = get_object_or_404(Command, pk=pk)
        if not command_types.may_send(request.user, command.type):
            raise PermissionDenied
        try:
            submission.cancel(command)
        except submission.CommandRefused as refused:
            messages.error(request, f"{capfirst(refused.detail)}.")
        else:
            self.log_change(request, command, "Cancelled.")
            messages.success(request, "The command is cancelled.")
        return HttpResponseRedirect(reverse("admin:chargepoints_command_change", args=[pk]))

    def shown_with(self, request: HttpRequest, row: Command) -> dict[str, Any]:
        queued = row.state == Command.State.QUEUED
        return {"may_cancel": queued and command_types.may_send(request.user, row.type)}
