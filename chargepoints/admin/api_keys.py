"""Keys for the API: created, shown once, and revoked."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.safestring import SafeString

from chargepoints.admin import key_page
from chargepoints.admin.times import ZonedTimes
from chargepoints.models import ApiKey
from chargepoints.templatetags import badges, charging


@admin.register(ApiKey)
class ApiKeyAdmin(ZonedTimes):
    """Keys are revoked, never deleted, because commands contain their names."""

    list_display = ("name", "scope", "state", "created_at", "expires", "last_used")
    list_filter = ("scope",)
    search_fields = ("name",)
    fields = ("name", "scope", "expires_at", "created_at", "last_used_at", "revoked_at")
    readonly_fields = ("created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return self.fields if obj is not None else self.fields[:3]

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else ("scope", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        issued, key = ApiKey.issue(obj.name, obj.scope, expires_at=obj.expires_at)
        obj.pk = issued.pk
        key_page.remember(request, key)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return key_page.show(self, request, obj, key_page.remembered(request) or "")

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, selected: QuerySet[ApiKey]) -> None:
        usable = list(selected.filter(revoked_at=None))
        selected.filter(revoked_at=None).update(revoked_at=timezone.now())
        for key in usable:
            self.log_change(request, key, "Revoked.")
        messages.success(request, f"{len(usable)} key{pluralize(usable, ' is,s are')} revoked.")

    @admin.display(description="state")
    def state(self, row: ApiKey) -> SafeString:
        if row.revoked_at is not None:
            return badges.badge("revoked", badges.BAD)
        return badges.badge("usable", badges.GOOD) if row.usable else badges.badge("expired")

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, row: ApiKey) -> str:
        return charging.moment(row.expires_at) or "never"

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, row: ApiKey) -> SafeString | str:
        return charging.age(row.last_used_at) or "never"
