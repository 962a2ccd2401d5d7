"""Closes a transaction by hand that the charger does not end; asks for confirmation first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from chargepoints import roles
from chargepoints.models import Transaction
from chargepoints.services.transactions import closing
from chargepoints.templatetags import charging

TEMPLATE = "admin/chargepoints/transaction/close.html"


class CloseForm(forms.Form):
    ended_at = forms.DateTimeField(
        label="Ended at",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-11-22 08:00"}),
        help_text="In the time zone of this page. Empty: the time of the last sample, else now.",
    )
    meter_stop_wh = forms.FloatField(
        label="Meter value at the end (Wh)",
        required=False,
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"step": "any"}),
        help_text="The value of the energy register. Empty: the last sample.",
    )


def close(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the form, POST closes it and writes the admin log."""
    row = get_object_or_404(Transaction.objects.select_related("charge_point"), pk=pk)
    if not request.user.has_perm(roles.OPERATE):
        raise PermissionDenied
    form = CloseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _done(model_admin, request, _closed(request, row, form))
        except closing.AlreadyEnded:
            messages.error(request, "The transaction has already ended.")
            return HttpResponseRedirect(_page_of(row))
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": row,
        "title": f"Close {row.transaction_id}",
        "form": form,
        "back": _page_of(row),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _closed(request: HttpRequest, row: Transaction, form: CloseForm) -> Transaction:
    by = f"staff:{request.user.get_username()}"
    return closing.close_by_hand(row.pk, by=by, **form.cleaned_data)


def _done(model_admin: Any, request: HttpRequest, row: Transaction) -> HttpResponse:
    reading = charging.energy(row.meter_stop_wh) or "no reading"
    said = f"Closed by hand at {charging.moment(row.ended_at)} with {reading}"
    source = row.get_meter_stop_source_display().lower()
    model_admin.log_change(request, row, f"{said} ({source})." if source else f"{said}.")
    messages.success(request, f"{said}.")
    return HttpResponseRedirect(_page_of(row))


def _page_of(row: Transaction) -> str:
    return reverse("admin:chargepoints_transaction_change", args=[row.pk])
