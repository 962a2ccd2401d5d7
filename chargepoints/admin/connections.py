"""The sockets of charge points, and the server processes that hold them."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin, count_of
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import Connection, ServerProcess
from chargepoints.templatetags import badges, charging

ALIVE_WITHIN = timedelta(seconds=60)


@admin.register(Connection)
class ConnectionAdmin(BoundedSearch, HistoryAdmin):
    list_display = (
        "opened",
        "charge_point",
        "protocol",
        "remote_address",
        "state",
        "lasted",
        "close_code",
        "close_reason",
        "oddities",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("opened_at", KeyTimeRange),
        ("closed_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("=remote_address",)
    search_help_text = "identity of a charge point, or an address"

    @admin.display(description="opened")
    def opened(self, row: Connection) -> str:
        return charging.moment(row.opened_at)

    @admin.display(description="state")
    def state(self, row: Connection) -> SafeString:
        return badges.badge("closed") if row.closed_at else badges.badge("open", badges.GOOD)

    @admin.display(description="lasted")
    def lasted(self, row: Connection) -> str:
        return charging.duration((row.closed_at or timezone.now()) - row.opened_at)

    @admin.display(description="deviations")
    def oddities(self, row: Connection) -> SafeString | str:
        return badges.deviations(row.deviations) or "-"


@admin.register(ServerProcess)
class ServerProcessAdmin(HistoryAdmin):
    list_display = ("__str__", "state", "started_at", "heartbeat_at", "sockets")
    ordering = ("-heartbeat_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServerProcess]:
        processes: QuerySet[ServerProcess] = super().get_queryset(request)
        open_ones = Connection.objects.filter(closed_at=None)
        return processes.annotate(open_sockets=count_of(open_ones, "server"))

    @admin.display(description="state")
    def state(self, row: ServerProcess) -> SafeString:
        if timezone.now() - row.heartbeat_at < ALIVE_WITHIN:
            return badges.badge("running", badges.GOOD)
        return badges.badge("gone")

    @admin.display(description="open sockets")
    def sockets(self, row: ServerProcess) -> int:
        return int(getattr(row, "open_sockets", 0))
