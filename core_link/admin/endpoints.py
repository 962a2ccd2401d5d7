"""Endpoints that receive events: their settings, state, and actions."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from chargepoints.admin.row_page import RowPage
from chargepoints.templatetags import badges, charging
from core_link import endpoints, resending
from core_link.admin.endpoint_form import EndpointForm, SendAgainForm
from core_link.delivery.outcomes import Outcome, Verdict
from core_link.models import Endpoint

SETTABLE = ("name", "url", "event_types", "sites", "charge_points")
CHANGE_PAGE = "admin:core_link_endpoint_change"


@admin.register(Endpoint)
class EndpointAdmin(RowPage):
    form = EndpointForm
    list_display = ("name", "url", "state", "waiting", "oldest", "given_up", "last_success")
    search_fields = ("name", "url")
    actions = ("test", "pause", "resume")
    change_form_outer_before_template = "admin/core_link/endpoint/deeds.html"
    fields = (*SETTABLE, "enabled", "state", "waiting", "oldest", "last_success")
    readonly_fields = ("state", "waiting", "oldest", "last_success")

    # --- What is shown --------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        found: QuerySet[Endpoint] = super().get_queryset(request)
        not_resent = Q(dead_letters__resent_at=None, dead_letters__isnull=False)
        return found.annotate(dead=Count("dead_letters", filter=not_resent))

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:
        return self.fields if obj is not None else SETTABLE

    def get_readonly_fields(
        self, request: HttpRequest, obj: Endpoint | None = None
    ) -> tuple[str, ...]:
        of_environment = obj is not None and obj.from_environment
        return ("name", "url", *self.readonly_fields) if of_environment else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        if obj is not None and obj.from_environment:
            return False
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed

    @admin.display(description="state")
    def state(self, row: Endpoint) -> SafeString:
        if not row.enabled:
            return badges.badge("paused", badges.WARN, row.disabled_reason)
        if row.down_since is not None:
            title = f"since {charging.moment(row.down_since)}, {row.failures} attempts"
            return badges.badge("does not answer", badges.BAD, title)
        return badges.badge("on", badges.GOOD)

    @admin.display(description="waiting")
    def waiting(self, row: Endpoint) -> int:
        return _lag(row).events

    @admin.display(description="oldest of them")
    def oldest(self, row: Endpoint) -> SafeString | str:
        return charging.age(_lag(row).since) or "-"

    @admin.display(description="dead letters", ordering="dead")
    def given_up(self, row: Endpoint) -> int:
        return int(cast(Any, row).dead)

    @admin.display(description="last success", ordering="last_success_at")
    def last_success(self, row: Endpoint) -> SafeString | str:
        return charging.age(row.last_success_at) or "never"

    # --- Saving ---------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if not change:
            added, secret = endpoints.add(**{name: form.cleaned_data[name] for name in SETTABLE})
            obj.pk = added.pk
            cast(Any, request).secret_to_show = secret
            return
        if "enabled" in form.changed_data:
            obj.disabled_reason = "" if obj.enabled else f"by {request.user.get_username()}"
        # The worker writes the other columns at the same time.
        obj.save(update_fields=[*form.changed_data, "disabled_reason"])

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_secret(request, obj, cast(Any, request).secret_to_show)

    def _show_secret(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        """The only page that ever shows the secret."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": endpoint,
            "title": str(endpoint),
            "secret": secret,
            "back": reverse(CHANGE_PAGE, args=[endpoint.pk]),
        }
        return TemplateResponse(request, "admin/core_link/endpoint/secret.html", context)

    # --- What can be done -----------------------------------------------------------------------

    @admin.action(description="Send a test", permissions=["change"])
    def test(self, request: HttpRequest, selected: QuerySet[Endpoint]) -> None:
        for endpoint in selected:
            self._test(request, endpoint)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, selected: QuerySet[Endpoint]) -> None:
        for endpoint in selected:
            endpoints.pause(endpoint, f"by {request.user.get_username()}")
            self.log_change(request, endpoint, "Paused.")
        messages.success(request, "Paused: new events wait until you resume it.")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, selected: QuerySet[Endpoint]) -> None:
        for endpoint in selected:
            endpoints.resume(endpoint)
            self.log_change(request, endpoint, "Resumed.")
        messages.success(request, "Resumed: the waiting events are being sent.")

    def get_urls(self) -> list[URLPattern]:
        deeds = require_POST(self.admin_site.admin_view(self.do))
        return [
            path("<int:pk>/do/<str:deed>/", deeds, name="core_link_endpoint_do"),
            *super().get_urls(),
        ]

    def do(self, request: HttpRequest, pk: int, deed: str) -> HttpResponse:
        """Handle a button of an endpoint's page."""
        endpoint = get_object_or_404(Endpoint, pk=pk)
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        if deed == "rotate" and not endpoint.from_environment:
            self.log_change(request, endpoint, "New secret.")
            return self._show_secret(request, endpoint, endpoints.begin_rotation(endpoint))
        if deed == "end-rotation" and not endpoint.from_environment:
            endpoints.end_rotation(endpoint)
            self.log_change(request, endpoint, "Old secret no longer used.")
            messages.success(request, "Only the newest secret signs from now on.")
        elif deed == "send-again":
            self._send_again(request, endpoint)
        elif deed == "test":
            self._test(request, endpoint)
        return HttpResponseRedirect(reverse(CHANGE_PAGE, args=[pk]))

    def _send_again(self, request: HttpRequest, endpoint: Endpoint) -> None:
        form = SendAgainForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"Enter a time. {form.errors.as_text()}")
            return
        since = form.cleaned_data["since"]
        count = resending.resend_since(endpoint, since)
        self.log_change(request, endpoint, f"Sent again since {since:%Y-%m-%d %H:%M:%S %Z}.")
        points = f"{count} charge point{pluralize(count)}"
        messages.success(request, f"Queued to be sent again: the events of {points}.")

    def _test(self, request: HttpRequest, endpoint: Endpoint) -> None:
        outcome: Outcome = endpoints.test(endpoint)
        if outcome.verdict is Verdict.DELIVERED:
            messages.success(request, f"{endpoint}: HTTP {outcome.status}, well.")
        else:
            messages.error(request, f"{endpoint}: {outcome.error}")

    def shown_with(self, request: HttpRequest, row: Endpoint) -> dict[str, Any]:
        return {
            "may_change": self.has_change_permission(request, row),
            "send_again": SendAgainForm(),
            "rotating": len(row.secrets) > 1,
        }


def _lag(row: Any) -> endpoints.Lag:
    """Cached on the row: a page asks for it in several cells."""
    if not hasattr(row, "lag"):
        row.lag = endpoints.lag(row)
    lag: endpoints.Lag = row.lag
    return lag
