"""Second central systems that get a charge point's messages, and how far each has got."""

from django.contrib import admin
from django.utils.safestring import SafeString

from chargepoints.admin.history import HistoryAdmin
from chargepoints.mirroring import forwarding
from chargepoints.models import Mirror
from chargepoints.templatetags import badges, charging


@admin.register(Mirror)
class MirrorAdmin(HistoryAdmin):
    """Read only: mirrors are created by the API."""

    list_display = ("charge_point", "url", "state", "told", "waits", "missed", "error")
    list_select_related = ("charge_point",)
    search_fields = ("=charge_point__identity", "url")
    search_help_text = "exact identity of the charge point, or a part of the URL"
    fields = ("charge_point", "url", "state", "told", "waits", "missed", "allowed_actions", "error")
    readonly_fields = ("state", "told", "waits")

    @admin.display(description="state")
    def state(self, row: Mirror) -> SafeString:
        if not row.enabled:
            return badges.badge("off")
        if row.connected_at is None:
            return badges.badge("away", badges.BAD)
        return badges.badge("connected", badges.GOOD)

    @admin.display(description="last sent")
    def told(self, row: Mirror) -> SafeString | str:
        return charging.age(row.told_at) or "-"

    @admin.display(description="oldest message not sent")
    def waits(self, row: Mirror) -> SafeString | str:
        return charging.age(forwarding.waiting_since(row)) or "-"
