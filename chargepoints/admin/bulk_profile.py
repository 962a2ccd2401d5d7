"""The rows of a charging profile for many charge points; the bulk form sends it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from chargepoints.admin import bulk_page, command_types
from chargepoints.admin.command_form import initial_of
from chargepoints.admin.profile_form import INSTALL, ProfileForm
from chargepoints.models import Evse

TEMPLATE = "admin/chargepoints/bulk/profile.html"


def fill_in(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """POST `show` or `more`: the rows again. `take`: the bulk form with the profile."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not command_types.may_send(request.user, INSTALL):
        raise PermissionDenied
    chosen = bulk_page.chosen_in(request)
    evses = Evse.objects.filter(charge_point__in=chosen).order_by("evse_id")
    typed = request.POST if "purpose" in request.POST else None
    numbers = list(evses.values_list("evse_id", flat=True).distinct())
    form = ProfileForm(numbers, [], command_types.profile_purposes(*chosen), typed)
    shown: dict[str, Any] = {}
    if "more" in request.POST:
        form.more_rows()
    elif form.is_valid():
        if "take" in request.POST:
            return bulk_page.panel(request, chosen, INSTALL, initial_of(INSTALL, form.args))
        shown = {"chart": form.chart()}
    context = {"form": form, "count": len(chosen), "targets": bulk_page.as_text(chosen), **shown}
    return TemplateResponse(request, TEMPLATE, context)
