"""Charge points: the list with its live cells, registration, and settings."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.views import ChangeList

from chargepoints.admin import (
    bulk_actions,
    charge_point_pages,
    disconnect,
    key_page,
    live,
    times,
)
from chargepoints.admin.charge_point_filters import (
    ActivityFilter,
    FirmwareFilter,
    HealthFilter,
    ModelFilter,
    OnlineFilter,
    OpenCommandFilter,
    ProtocolFilter,
    SiteFilter,
    VendorFilter,
)
from chargepoints.admin.charge_point_form import RegistrationForm, SettingsForm
from chargepoints.admin.charge_point_import import import_charge_points
from chargepoints.admin.history import count_of
from chargepoints.models import (
    ChargePoint,
    Command,
    Credential,
    HandshakeRefusal,
    Registration,
)
from chargepoints.services.health import rules
from chargepoints.services.stations import registry
from chargepoints.templatetags import badges

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
        rows = live.with_live_state(super().get_queryset(*args, **kwargs))
        unfinished = Command.objects.filter(finished_at=None)
        return rows.annotate(commands_open=count_of(unfinished, "charge_point"))

    def get_results(self, request: HttpRequest) -> None:
        """Add to each row the health rules that find it."""
        super().get_results(request)
        found = rules.among((row.pk for row in self.result_list), timezone.now())
        for row in self.result_list:
            row.found = found.get(row.pk, [])

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
        "health",
        "last_seen",
    )
    list_filter = (
        OnlineFilter,
        ActivityFilter,
        ("registration", ChoicesDropdownFilter),
        SiteFilter,
        VendorFilter,
        ModelFilter,
        FirmwareFilter,
        ProtocolFilter,
        HealthFilter,
        OpenCommandFilter,
    )
    search_fields = ("identity", "name", "site", "external_id", "serial_number")
    search_help_text = "identity, name, site, core's key or serial number"
    list_per_page = 40
    list_max_show_all = live.CELLS_AT_ONCE
    list_filter_submit = True
    list_fullwidth = True
    list_before_template = "admin/chargepoints/chargepoint/poll_list.html"
    change_form_outer_before_template = "admin/chargepoints/chargepoint/settings_tabs.html"
    form = SettingsForm
    actions = ("accept", "reject")
    actions_list = ("import_csv",)
    readonly_fields = (*SAID_AT_BOOT, "protocol", "booted_at", "boot_reason", "created_at")
    fieldsets = (
        (None, {"fields": ("identity", *SETTINGS)}),
        ("Behaviour", {"fields": BEHAVIOUR}),
        (
            "What the charge point reports about itself",
            {"fields": (*SAID_AT_BOOT, "protocol", "booted_at", "boot_reason", "created_at")},
        ),
    )
    add_fieldsets = ((None, {"fields": ("identity", *SETTINGS, "make_key")}),)

    # --- The list

    @action(description="Import CSV", url_path="import", permissions=["add"])
    def import_csv(self, request: HttpRequest) -> HttpResponse:
        return import_charge_points(self, request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChargePointList]:
        return ChargePointList

    @admin.display(description="charge point", ordering="identity")
    def identity_and_name(self, row: ChargePoint) -> SafeString:
        cell = "<span><bdi>{}</bdi><br><small><bdi>{}</bdi></small></span>"
        return format_html(cell, row.identity, row.name)

    @admin.display(description="site", ordering="site")
    def place(self, row: ChargePoint) -> SafeString:
        return format_html('<bdi class="cp-id" title="{0}">{0}</bdi>', row.site or "-")

    @admin.display(description="live", ordering="connection")
    def online(self, row: ChargePoint) -> SafeString:
        return live.cell("online", row)

    @admin.display(description="connectors")
    def connectors(self, row: ChargePoint) -> SafeString:
        return live.cell("connectors", row)

    @admin.display(description="charging")
    def charging(self, row: ChargePoint) -> SafeString:
        return live.cell("charging", row)

    @admin.display(description="product", ordering="vendor")
    def product(self, row: ChargePoint) -> SafeString:
        """Vendor and model; protocol and firmware."""
        product = f"{row.vendor} {row.model}".strip() or "-"
        cell = "<span><bdi>{}</bdi><br><small>{} <bdi>{}</bdi></small></span>"
        return format_html(cell, product, row.protocol, row.firmware_version)

    @admin.display(description="health")
    def health(self, row: ChargePoint) -> SafeString:
        """The health findings, each with its diagnosis as the title; and open commands."""
        found: list[rules.Rule] = row.found  # type: ignore[attr-defined]
        shown = ((badges.badge(rule.title, badges.WARN, rule.diagnosis),) for rule in found)
        count = int(getattr(row, "commands_open", 0))
        waiting = SafeString("")
        if count:
            these = {"charge_point__id__exact": row.pk, "finished_at__isnull": True}
            url = reverse("admin:chargepoints_command_changelist", query=these)
            text = f"{count} command{pluralize(count)} open"
            waiting = format_html('<a class="cp-link" href="{}">{}</a>', url, text)
        return format_html("<span>{} {}</span>", format_html_join(" ", "{}", shown), waiting)

    @admin.display(description="last seen", ordering="last_seen_at")
    def last_seen(self, row: ChargePoint) -> SafeString:
        return live.cell("last_seen", row)

    @admin.action(description="Accept the selected charge points", permissions=["change"])
    def accept(self, request: HttpRequest, selected: QuerySet[ChargePoint]) -> None:
        self._register_as(request, selected, Registration.ACCEPTED)

    @admin.action(description="Reject the selected charge points", permissions=["change"])
    def reject(self, request: HttpRequest, selected: QuerySet[ChargePoint]) -> None:
        self._register_as(request, selected, Registration.REJECTED)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **bulk_actions.offered(request),
            **disconnect.offered(request),
            **super().get_actions(request),
        }

    def _register_as(
        self, request: HttpRequest, selected: QuerySet[ChargePoint], registration: Registration
    ) -> None:
        for charge_point in selected:
            charge_point.registration = registration
            registry.changed(charge_point, "registration")
            self.log_change(request, charge_point, f"Registration set to {registration}.")
        points = f"{len(selected)} charge point{pluralize(selected, ' is,s are')}"
        messages.success(request, f"{points} {registration} now.")

    # --- Settings and registration

    def get_form(
        self, request: HttpRequest, obj: ChargePoint | None = None, **kwargs: Any
    ) -> type[SettingsForm]:
        if obj is None:
            kwargs["form"] = RegistrationForm
        form: type[SettingsForm] = super().get_form(request, obj, **kwargs)
        return form

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ChargePoint | None:
        row: ChargePoint | None = super().get_object(request, *args, **kwargs)
        if row is not None:
            times.at_site(request, row)
        return row

    def get_readonly_fields(
        self, request: HttpRequest, obj: ChargePoint | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("identity", *self.readonly_fields)

    def get_inlines(self, request: HttpRequest, obj: ChargePoint | None) -> list[Any]:
        return [] if obj is None else [CredentialInline]

    def save_model(self, request: HttpRequest, obj: ChargePoint, form: Any, change: bool) -> None:
        """Write only the changed fields, because the gateway may write other columns."""
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
        """Only a charge point that never connected: deleting history would take hours."""
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
            messages.error(request, f"It was not deleted: {error.args[0]}.")
            response = HttpResponseRedirect(reverse("admin:chargepoints_chargepoint_changelist"))
        return response

    # --- Its other pages

    def get_urls(self) -> list[URLPattern]:
        return [*charge_point_pages.urls(self), *super().get_urls()]
