"""Dead letters: events that an endpoint rejected, which staff can send again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter

from chargepoints import key_codes
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.templatetags import badges, charging
from core_link import resending
from core_link.models import DeadLetter


@admin.register(DeadLetter)
class DeadLetterAdmin(HistoryAdmin):
    list_display = ("created", "endpoint", "charge_point", "sequence", "type", "state", "reason")
    list_select_related = ("endpoint", "event__charge_point")
    list_filter = (
        ("endpoint", RelatedDropdownFilter),
        ("resent_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("=event__charge_point__identity", "=event__type")
    search_help_text = "exact identity of the charge point, or exact type"
    actions = ("resend",)  # type: ignore[assignment]
    fields = ("endpoint", "event", "delivery", "error", "created_at", "resent_at", "data")
    readonly_fields = ("data",)

    @admin.display(description="given up", ordering="created_at")
    def created(self, row: DeadLetter) -> str:
        return charging.moment(row.created_at)

    @admin.display(description="charge point")
    def charge_point(self, row: DeadLetter) -> str:
        return row.event.charge_point.identity

    @admin.display(description="sequence")
    def sequence(self, row: DeadLetter) -> int:
        return row.event.sequence

    @admin.display(description="type")
    def type(self, row: DeadLetter) -> str:
        return row.event.type

    @admin.display(description="state")
    def state(self, row: DeadLetter) -> SafeString:
        if row.resent_at is None:
            return badges.badge("not delivered", badges.BAD)
        return badges.badge("sent again", badges.PLAIN, charging.moment(row.resent_at))

    @admin.display(description="reason")
    def reason(self, row: DeadLetter) -> str:
        return row.error[:100]

    @admin.display(description="event's data")
    def data(self, row: DeadLetter) -> SafeString:
        return json_block(key_codes.shown(row.event.data))

    @admin.action(description="Send again", permissions=["resend"])
    def resend(self, request: HttpRequest, selected: QuerySet[DeadLetter]) -> None:
        count = resending.resend_dead_letters(selected)
        messages.success(request, f"{count} event{pluralize(count)} queued to be sent again.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core_link.change_deadletter")
