"""Charge points: the list with its live cells, registration, and settings."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.views import ChangeList

from chargepoints.admin import command_page, key_page, live, overview, story
from chargepoints.admin.charge_point_filters import (
    ActivityFilter,
    OnlineFilter,
    ProtocolFilter,
    SiteFilter,
)
from chargepoints.admin.charge_point_form import RegistrationForm, SettingsForm
from chargepoints.models import ChargePoint, Credential, HandshakeRefusal, Registration
from chargepoints.services.stations import registry

SETTINGS = ("name", "external_id", "site", "registration", "security_profile", "pinned_protocol")
BEHAVIOUR = (
    "strict",
    "check_user_name",
    "proactive",
    "file_transfer",
    "core_unreachable",
    "heartbeat_interval",
    "assigned_quirks",
)
SAID_AT_BOOT = ("vendor", "model", "serial_number", "firmware_version", "iccid", "imsi")


class ChargePointList(ChangeList):
    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[ChargePoint]:
        return live.with_live_state(super().get_queryset(*args, **kwargs))

    def url_for_result(self, result: ChargePoint) -> str:
        return live.url_of(result)


class CredentialInline(TabularInline):
    model = Credential
    verbose_name_plural = "keys (only their hashes are stored)"
    fields = readonly_fields = ("created_at", "used_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(ChargePoint)
class ChargePointAdmin(ModelAdmin):
    list_display = (
        "identity_and_name",
        "place",
        "online",
        "connectors",
        "charging",
        "product",
        "last_seen",
    )
    list_filter = (
        OnlineFilter,
        ActivityFilter,
        ("registration", ChoicesDropdownFilter),
        SiteFilter,
        ProtocolFilter,
    )
    search_fields = ("identity", "name", "site", "external_id", "serial_number")
    search_help_text = "identity, name, site, core's key or serial number"
    list_per_page = 50
    list_max_show_all = live.CELLS_AT_ONCE
    list_filter_submit = True
    list_fullwidth = True
    list_before_template = "admin/chargepoints/chargepoint/poll_list.html"
    change_form_outer_before_template = "admin/chargepoints/chargepoint/settings_tabs.html"
    form = SettingsForm
    actions = ("accept", "reject")
    readonly_fields = (*SAID_AT_BOOT, "protocol", "booted_at", "boot_reason", "created_at")
    fieldsets = (
        (None, {"fields": ("identity", *SETTINGS)}),
        ("Behaviour", {"fields": BEHAVIOUR}),
        (
            "What the charge point said about itself",
            {"fields": (*SAID_AT_BOOT, "protocol", "booted_at", "boot_reason", "created_at")},
        ),
    )
    add_fieldsets = ((None, {"fields": ("identity", *SETTINGS, "make_key")}),)

    # --- The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChargePointList]:
        return ChargePointList

    @admin.display(description="charge point", ordering="identity")
    def identity_and_name(self, row: ChargePoint) -> SafeString:
        return format_html("{}<br><small>{}</small>", row.identity, row.name)

    @admin.display(description="site", ordering="site")
    def place(self, row: ChargePoint) -> SafeString:
        return format_html('<span class="cp-one-line">{}</span>', row.site or "-")

    @admin.display(description="live", ordering="connection")
    def online(self, row: ChargePoint) -> SafeString:
        return live.cell("online", row)

    @admin.display(description="connectors")
    def connectors(self, row: ChargePoint) -> SafeString:
        return live.cell("connectors", row)

    @admin.display(description="charging")
    def charging(self, row: ChargePoint) -> SafeString:
        return live.cell("charging", row)

    @admin.display(description="vendor, model, protocol", ordering="vendor")
    def product(self, row: ChargePoint) -> SafeString:
        product = f"{row.vendor} {row.model}".strip() or "-"
        return format_html("{}<br><small>{}</small>", product, row.protocol)

    @admin.display(description="last seen", ordering="last_seen_at")
    def last_seen(self, row: ChargePoint) -> SafeString:
        return live.cell("last_seen", row)

    @admin.action(description="Accept the selected charge points", permissions=["change"])
    def accept(self, request: HttpRequest, selected: QuerySet[ChargePoint]) -> None:
        self._register_as(request, selected, Registration.ACCEPTED)

    @admin.action(description="Reject the selected charge points", permissions=["change"])
    def reject(self, request: HttpRequest, selected: QuerySet[ChargePoint]) -> None:
        self._register_as(request, selected, Registration.REJECTED)

    def _register_as(
        self, request: HttpRequest, selected: QuerySet[ChargePoint], registration: Registration
    ) -> None:
        for charge_point in selected:
            charge_point.registration = registration
            registry.changed(charge_point, "registration")
            self.log_change(request, charge_point, f"Registration set to {registration}.")
        messages.success(request, f"{len(selected)} charge points are {registration} now.")

    # --- Settings and registration

    def get_form(
        self, request: HttpRequest, obj: ChargePoint | None = None, **kwargs: Any
    ) -> type[SettingsForm]:
        if obj is None:
            kwargs["form"] = RegistrationForm
        form: type[SettingsForm] = super().get_form(request, obj, **kwargs)
        return form

    def get_readonly_fields(
        self, request: HttpRequest, obj: ChargePoint | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("identity", *self.readonly_fields)

    def get_inlines(self, request: HttpRequest, obj: ChargePoint | None) -> list[Any]:
        return [] if obj is None else [CredentialInline]

    def save_model(self, request: HttpRequest, obj: ChargePoint, form: Any, change: bool) -> None:
        """Only what was changed here is written: the gateway writes other columns meanwhile."""
        if change:
            registry.changed(obj, *form.changed_data)
            return
        fields = dict(form.cleaned_data)
        key = registry.new_key() if fields.pop("make_key") else None
        obj.pk = registry.register(key=key, **fields).pk
        HandshakeRefusal.objects.filter(identity__iexact=obj.identity).delete()
        key_page.remember(request, key)

    def response_add(
        self, request: HttpRequest, obj: ChargePoint, post_url_continue: str | None = None
    ) -> HttpResponseBase:
        key = key_page.remembered(request)
        if key is None:
            return HttpResponseRedirect(live.url_of(obj))
        return key_page.show(self, request, obj, key)

    def response_post_save_change(self, request: HttpRequest, obj: ChargePoint) -> HttpResponse:
        return HttpResponseRedirect(live.url_of(obj))

    def has_delete_permission(self, request: HttpRequest, obj: ChargePoint | None = None) -> bool:
        """Only what never connected: history is kept, and deleting it would take hours."""
        if obj is None or obj.last_seen_at is not None:
            return False
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        try:
            response: HttpResponseBase = super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:
            messages.error(request, f"It stays: {error.args[0]}.")
            response = HttpResponseRedirect(reverse("admin:chargepoints_chargepoint_changelist"))
        return response

    # --- Its other pages

    def get_urls(self) -> list[URLPattern]:
        def view(function: Any) -> Any:
            def bound(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
                response: HttpResponseBase = function(self, request, **kwargs)
                return response

            return self.admin_site.admin_view(bound)

        name = "chargepoints_chargepoint"
        return [
            path("live/", view(overview.live_cells), name=f"{name}_live_cells"),
            path("<int:pk>/", view(overview.page), name=f"{name}_overview"),
            path("<int:pk>/live/", view(overview.live_panels), name=f"{name}_live"),
            path("<int:pk>/command/", view(command_page.command), name=f"{name}_command"),
            path("<int:pk>/story/", view(story.of_charge_point), name=f"{name}_story"),
            path("story/", view(story.of_token), name=f"{name}_token_story"),
            path("<int:pk>/key/", view(key_page.new_key), name=f"{name}_key"),
            *super().get_urls(),
        ]
