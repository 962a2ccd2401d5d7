"""Reservations, from the request to their use or their end."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints.admin.history import HistoryAdmin
from chargepoints.models import Reservation
from chargepoints.templatetags import badges

TONES: dict[str, str] = {
    Reservation.State.REQUESTED: badges.WARN,
    Reservation.State.ACTIVE: badges.BUSY,
    Reservation.State.USED: badges.GOOD,
    Reservation.State.REJECTED: badges.BAD,
    Reservation.State.REMOVED: badges.BAD,
}


@admin.register(Reservation)
class ReservationAdmin(HistoryAdmin):
    """Read only: reservations are made and cancelled by commands."""

    list_display = (
        "reservation_id",
        "charge_point",
        "evse_id",
        "state_badge",
        "token",
        "created_at",
        "expires_at",
    )
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
    )
    search_fields = ("charge_point__identity", "=id_token")
    search_help_text = "charge point, or exact token"
    fields = (
        "charge_point",
        "reservation_id",
        "evse_id",
        ("token", "id_token_type", "group_id_token"),
        "state",
        ("created_at", "expires_at"),
        ("transaction", "command"),
    )
    readonly_fields = ("token", "created_at")

    @admin.display(description="state")
    def state_badge(self, row: Reservation) -> SafeString:
        return badges.badge(row.get_state_display(), TONES.get(row.state, badges.PLAIN))
