"""Maintenance windows: health rules and alerts ignore their charge points."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chargepoints.admin import command_types
from chargepoints.admin.times import ZonedTimes
from chargepoints.models import MaintenanceWindow


@admin.register(MaintenanceWindow)
class MaintenanceWindowAdmin(ZonedTimes):
    list_display = ("reason", "charge_point", "site", "starts_at", "ends_at", "created_by")
    list_select_related = ("charge_point",)
    search_fields = ("reason", "site", "charge_point__identity")
    autocomplete_fields = ("charge_point",)
    fields = ("charge_point", "site", "starts_at", "ends_at", "reason")
    actions = None

    def save_model(
        self, request: HttpRequest, obj: MaintenanceWindow, form: Any, change: bool
    ) -> None:
        if not change:
            obj.created_by = command_types.requester(request.user)
        obj.save()
