"""Tokens: the gateway's own, and what core decided about others."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action

from chargepoints.admin.id_token_import import import_tokens
from chargepoints.admin.times import ZonedTimes
from chargepoints.key_codes import is_key_code
from chargepoints.models import AuthorizationStatus, IdToken
from chargepoints.services.tokens import id_token_csv
from chargepoints.templatetags import badges, charging


@admin.register(IdToken)
class IdTokenAdmin(ZonedTimes):
    """Core's decisions can be viewed and deleted, not changed: then core is asked again."""

    list_display = ("__str__", "type", "verdict", "group_id_token", "expires", "source", "fresh")
    list_filter = (("status", ChoicesDropdownFilter), ("source", ChoicesDropdownFilter))
    search_fields = ("value", "group_id_token")
    list_per_page = 50
    list_filter_submit = True
    fields = (
        "value",
        "type",
        "status",
        "group_id_token",
        "expires_at",
        "personal_message",
        "source",
        "decided_at",
        "fresh_until",
        "created_at",
    )
    readonly_fields = ("source", "decided_at", "fresh_until", "created_at")
    actions_list = ("export_csv", "import_csv")

    @action(description="Export CSV", url_path="export", permissions=["view"])
    def export_csv(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(
            id_token_csv.write(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="id-tokens.csv"'},
        )

    @action(description="Import CSV", url_path="import", permissions=["add", "change"])
    def import_csv(self, request: HttpRequest) -> HttpResponse:
        return import_tokens(self, request)

    def has_change_permission(self, request: HttpRequest, obj: IdToken | None = None) -> bool:
        if obj is not None and obj.source == IdToken.Source.CORE:
            return False
        allowed: bool = super().has_change_permission(request, obj)
        return allowed

    def get_fields(self, request: HttpRequest, obj: IdToken | None = None) -> Any:
        if obj is None:
            return self.fields[:6]
        return ("token", *self.fields[1:]) if is_key_code(obj.type) else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: IdToken | None = None) -> Any:
        # A change of the type would make a key code visible.
        secret = obj is not None and is_key_code(obj.type)
        return ("token", "type", *self.readonly_fields) if secret else self.readonly_fields

    @admin.display(description="status", ordering="status")
    def verdict(self, row: IdToken) -> SafeString:
        accepted = row.status == AuthorizationStatus.ACCEPTED
        return badges.badge(row.get_status_display(), badges.GOOD if accepted else badges.BAD)

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, row: IdToken) -> str:
        return charging.moment(row.expires_at) or "never"

    @admin.display(description="fresh until", ordering="fresh_until")
    def fresh(self, row: IdToken) -> str:
        return charging.moment(row.fresh_until) or "-"
