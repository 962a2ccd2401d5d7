"""Security events of charge points, and their installed certificates."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.models import InstalledCertificate, SecurityEvent
from chargepoints.templatetags import charging


@admin.register(SecurityEvent)
class SecurityEventAdmin(BoundedSearch, HistoryAdmin):
    list_display = ("occurred", "charge_point", "type", "tech_info", "received_at")
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter), ("received_at", KeyTimeRange))
    search_fields = ("type", "tech_info")
    search_help_text = "identity of a charge point; or part of a type or information (latest)"

    @admin.display(description="occurred")
    def occurred(self, row: SecurityEvent) -> str:
        return charging.moment(row.occurred_at)


@admin.register(InstalledCertificate)
class InstalledCertificateAdmin(HistoryAdmin):
    """Read only: certificates are installed and deleted by commands."""

    list_display = ("charge_point", "use", "serial_number", "hash_algorithm", "read_at")
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter), "use")
    search_fields = ("=charge_point__identity", "=serial_number", "=issuer_key_hash")
    search_help_text = "exact identity of the charge point, serial number or issuer's key hash"
    ordering = ("charge_point_id", "use", "serial_number")
