"""An event's page with its deliveries to the endpoints, and a button to send it again."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from chargepoints.admin.events import EventAdmin
from chargepoints.admin.row_page import RowPage
from chargepoints.models import Event
from core_link import resending
from core_link.event_deliveries import deliveries_of
from core_link.models import DeadLetter, Endpoint

MOST_ENDPOINTS = 20

admin.site.unregister(Event)


@admin.register(Event)
class EventOfCoreAdmin(RowPage, EventAdmin):
    """Extends the domain's page, which does not know endpoints."""

    change_form_outer_before_template = "admin/core_link/event/deliveries.html"

    def shown_with(self, request: HttpRequest, row: Event) -> dict[str, Any]:
        if not request.user.has_perm("core_link.view_delivery"):
            return {}
        letters = DeadLetter.objects.filter(event=row).select_related("endpoint")
        return {
            "deliveries": deliveries_of(row),
            "dead_letters": list(letters),
            "endpoints": list(Endpoint.objects.all()[:MOST_ENDPOINTS]),
            "may_see_deliveries": True,
            "may_resend": _may_resend(request),
        }

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.send_again))
        name = "chargepoints_event_again"
        return [path("<int:pk>/again/<int:endpoint>/", view, name=name), *super().get_urls()]

    def send_again(self, request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
        event = get_object_or_404(Event, pk=pk)
        chosen = get_object_or_404(Endpoint, pk=endpoint)
        if not _may_resend(request):
            raise PermissionDenied
        if resending.resend(chosen, Event.objects.filter(pk=event.pk)):
            self.log_change(request, event, f"Sent again to {chosen}.")
            messages.success(request, f"The event is queued to be sent again to {chosen}.")
        else:
            messages.error(request, "It has no position in the feed yet: it is about to be sent.")
        return HttpResponseRedirect(reverse("admin:chargepoints_event_change", args=[pk]))


def _may_resend(request: HttpRequest) -> bool:
    return request.user.has_perm("core_link.change_delivery")
