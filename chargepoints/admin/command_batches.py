"""Batches: one command for many charge points, and how far it has come."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chargepoints.admin import command_types, reasons
from chargepoints.admin.history import HistoryAdmin, count_of
from chargepoints.admin.json_values import json_block
from chargepoints.admin.row_page import RowPage
from chargepoints.models import Command, CommandBatch
from chargepoints.services.commands import redaction
from chargepoints.services.commands.batches import NOT_DONE
from chargepoints.templatetags import charging

SHOWN_FAILURES = 100


@admin.register(CommandBatch)
class CommandBatchAdmin(RowPage, HistoryAdmin):
    """Read only: the progress of a batch is the progress of its commands."""

    list_display = ("created", "type", "asked_of", "sent", "done", "not_taken", "requested_by")
    search_fields = ("=type", "requested_by")
    search_help_text = "exact type, or requester"
    fields = (
        "type",
        "arguments",
        "requested_by",
        "why",
        "created_at",
        "not_before",
        "expires_at",
        "asked_of",
        "sent",
        "done",
        "refusals",
    )
    change_form_outer_before_template = "admin/chargepoints/batch/progress.html"
    polled = True
    readonly_fields = ("arguments", "why", "asked_of", "sent", "done", "refusals")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CommandBatch]:
        batches: QuerySet[CommandBatch] = super().get_queryset(request)
        finished = Command.objects.filter(finished_at__isnull=False)
        return batches.annotate(
            commands_made=count_of(Command.objects.all(), "batch"),
            commands_done=count_of(finished, "batch"),
        )

    def shown_with(self, request: HttpRequest, row: CommandBatch) -> dict[str, Any]:
        return {**_progress(row), "may_send": command_types.may_send(request.user, row.type)}

    @admin.display(description="why")
    def why(self, row: CommandBatch) -> str:
        return reasons.of(row) or "-"

    @admin.display(description="created")
    def created(self, row: CommandBatch) -> str:
        return charging.moment(row.created_at)

    @admin.display(description="charge points")
    def asked_of(self, row: CommandBatch) -> int:
        return len(row.targets)

    @admin.display(description="commands")
    def sent(self, row: CommandBatch) -> SafeString:
        """The number of commands, with a link to them."""
        url = reverse("admin:chargepoints_command_changelist")
        made = int(getattr(row, "commands_made", 0))
        link = '<a class="cp-link" href="{}?batch__id__exact={}">{}</a>'
        return format_html(link, url, row.pk, made)

    @admin.display(description="finished")
    def done(self, row: CommandBatch) -> int:
        return int(getattr(row, "commands_done", 0))

    @admin.display(description="refused")
    def not_taken(self, row: CommandBatch) -> int:
        return len(row.refused)

    @admin.display(description="arguments")
    def arguments(self, row: CommandBatch) -> SafeString:
        return json_block(redaction.shown_args(row.type, row.args))

    @admin.display(description="refused")
    def refusals(self, row: CommandBatch) -> SafeString:
        return json_block(row.refused)


def _progress(batch: CommandBatch) -> dict[str, Any]:
    counted = batch.commands.order_by("state").values_list("state").annotate(Count("pk"))
    failed = batch.commands.filter(state__in=NOT_DONE).select_related("charge_point")
    return {
        "batch": batch,
        "states": list(counted),
        "unfinished": batch.commands.filter(finished_at=None).count(),
        "failed": failed.order_by("charge_point__identity")[:SHOWN_FAILURES],
        "failed_count": failed.count() + len(batch.refused),
        "refused_shown": batch.refused[:SHOWN_FAILURES],
        "failed_states": ",".join(NOT_DONE),
        "now": timezone.now(),
    }
