"""The hold on a charge point's history: placed with a reason, and released; both are logged."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chargepoints import clock
from chargepoints.admin import command_types, live
from chargepoints.models import ChargePoint, HistoryHold

TEMPLATE = "admin/chargepoints/chargepoint/hold.html"


class HoldForm(forms.Form):
    reason = forms.CharField(
        max_length=255, help_text="For example a dispute, and how long the history is needed."
    )


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the hold; POST places one, or releases the present one."""
    charge_point = live.find(model_admin, request, pk)
    may_change = model_admin.has_change_permission(request, charge_point)
    hold = HistoryHold.objects.filter(charge_point=charge_point).first()
    form = HoldForm(request.POST if request.method == "POST" and hold is None else None)
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        if hold is not None and "release" in request.POST:
            return _release(model_admin, request, charge_point, hold)
        if hold is None and form.is_valid():
            return _place(model_admin, request, charge_point, form.cleaned_data["reason"])
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"The history of {charge_point.identity}",
        "charge_point": charge_point,
        "original": charge_point,
        "may_change": may_change,
        "hold": hold,
        "form": form,
        "back": live.url_of(charge_point),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _place(
    model_admin: Any, request: HttpRequest, charge_point: ChargePoint, reason: str
) -> HttpResponse:
    by = command_types.requester(request.user)
    HistoryHold.objects.get_or_create(
        charge_point=charge_point,
        defaults={"reason": reason, "placed_by": by, "placed_at": clock.now()},
    )
    model_admin.log_change(request, charge_point, f"History held: {reason}")
    messages.success(request, f"The history of {charge_point} is held.")
    return HttpResponseRedirect(live.url_of(charge_point))


def _release(
    model_admin: Any, request: HttpRequest, charge_point: ChargePoint, hold: HistoryHold
) -> HttpResponse:
    since = f"{hold.placed_at:%Y-%m-%d %H:%M} UTC"
    said = f"History no longer held (by {hold.placed_by} since {since}: {hold.reason})."
    hold.delete()
    model_admin.log_change(request, charge_point, said)
    messages.success(request, f"The history of {charge_point} is no longer held.")
    return HttpResponseRedirect(live.url_of(charge_point))
