"""The time zone of the admin: the user's choice, the site's, or UTC.

Frames, the API and exports are always in UTC.
"""

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.signals import user_logged_in
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from chargepoints.admin.own_pages import own_page
from chargepoints.models import ChargePoint, Site, StaffTimes
from chargepoints.models.site import time_zones

TEMPLATE = "admin/chargepoints/times.html"
ADMIN_PATH = "/admin/"
# In the session: the user's choice; empty for the time zone of the site.
CHOSEN = "time_zone"


class LocalTimes(MiddlewareMixin):
    """Shows times in the admin in the time zone that the user has chosen."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(ADMIN_PATH) and request.user.is_authenticated:
            timezone.activate(_zone(request.session.get(CHOSEN) or _of_all_sites()))

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        timezone.deactivate()
        return response


def at_site(request: HttpRequest, charge_point: ChargePoint) -> None:
    """Show a page about a charge point in its site's time zone, unless the user chose another."""
    at(request, charge_point.site)


def at(request: HttpRequest, site: str) -> None:
    """The same for a page about one site, by its name."""
    if not site or request.session.get(CHOSEN):
        return
    found = Site.objects.filter(name=site).values_list("time_zone", flat=True).first()
    if found:
        timezone.activate(_zone(found))


def remember(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """At sign-in, keep the time zone in the session, so that no page has to query it."""
    chosen = StaffTimes.objects.filter(user=user).values_list("time_zone", flat=True)
    request.session[CHOSEN] = chosen.first() or ""


user_logged_in.connect(remember)


class ZonedTimes(ModelAdmin):
    """Forms show the time zone next to each time."""

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(db_field, models.DateTimeField):
            zone = f"in {timezone.get_current_timezone_name()}"
            field.help_text = "; ".join(filter(None, (field.help_text, zone)))
        return field


def _of_all_sites() -> str:
    """The time zone that all sites have in common, else UTC."""
    zones = set(Site.objects.values_list("time_zone", flat=True).distinct()[:2])
    return zones.pop() if len(zones) == 1 else "UTC"


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        # The machine that stored it knows more time zones than this one.
        return zoneinfo.ZoneInfo("UTC")


def choices(*first: tuple[str, str]) -> list[tuple[str, str]]:
    return [*first, *((name, name.replace("_", " ")) for name in time_zones())]


class TimesForm(forms.Form):
    time_zone = forms.ChoiceField(
        label="Show times in",
        required=False,
        choices=lambda: choices(("", "the time zone of the site")),
        widget=UnfoldAdminSelectWidget,
        help_text="A list of several sites with different time zones is in UTC.",
    )


def my_times(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Users choose the time zone of their own pages."""
    user: Any = request.user
    row, _ = StaffTimes.objects.get_or_create(user=user)
    form = TimesForm(request.POST or None, initial={"time_zone": row.time_zone})
    if request.method == "POST" and form.is_valid():
        row.time_zone = form.cleaned_data["time_zone"]
        row.save()
        request.session[CHOSEN] = row.time_zone
        said = row.time_zone or "the time zone of the site"
        messages.success(request, f"Times are shown in {said}.")
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Times",
        "form": form,
    }
    return TemplateResponse(request, TEMPLATE, context)


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Site
        fields = ("name", "time_zone")


@admin.register(Site)
class SiteAdmin(ModelAdmin):
    """The sites of charge points, with their time zones."""

    form = SiteForm
    list_display = ("name", "time_zone", "charge_points", "availability")
    search_fields = ("name",)

    @admin.display(description="charge points")
    def charge_points(self, row: Site) -> int:
        return ChargePoint.objects.filter(site=row.name).count()

    @admin.display(description="availability")
    def availability(self, row: Site) -> SafeString:
        page = reverse("admin:chargepoints_chargepoint_availabilities", query={"site": row.name})
        return format_html('<a class="cp-link" href="{}">By the month</a>', page)

    def get_urls(self) -> list[URLPattern]:
        page = own_page(self, my_times)
        return [path("times/", page, name="chargepoints_site_my_times"), *super().get_urls()]
