"""Charge points from a CSV file: a preview first, then the import, with a sheet for each."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget

from chargepoints.services.csv_tables import CsvRefused
from chargepoints.services.stations import charge_point_csv
from chargepoints.services.stations.charge_point_csv import Line

TEMPLATE = "admin/chargepoints/chargepoint/import.html"
SHEETS = "admin/chargepoints/chargepoint/sheets.html"
LARGEST = 512 * 1024


class UploadForm(forms.Form):
    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError("The file is larger than 512 KiB.")
        return file


def import_charge_points(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET shows the form; POST with `file` previews the import, with `content` does it."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    if request.method == "POST" and "content" in request.POST:
        return _taken(model_admin, request, request.POST["content"])
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    lines: list[Line] = []
    content = ""
    if form.is_valid():
        try:
            read = form.cleaned_data["file"].read()
            lines, content = charge_point_csv.read(read), read.decode("utf-8-sig")
        except CsvRefused as refused:
            for fault in refused.faults:
                form.add_error("file", fault)
    return _page(model_admin, request, form, lines, content)


def _taken(model_admin: Any, request: HttpRequest, content: str) -> HttpResponse:
    try:
        registered = charge_point_csv.load(content.encode())
    except CsvRefused as refused:
        # For instance if somebody registered one of them at the same time.
        form = UploadForm()
        form.errors["file"] = form.error_class(refused.faults)
        return _page(model_admin, request, form, [], "")
    for each in registered:
        model_admin.log_addition(request, each.charge_point, "Imported.")
    context = _context(model_admin, request) | {
        "title": "Sheets for the charge points",
        "sheets": [(each.charge_point, each.key) for each in registered],
    }
    return TemplateResponse(request, SHEETS, context)


def _page(
    model_admin: Any, request: HttpRequest, form: UploadForm, lines: list[Line], content: str
) -> HttpResponse:
    context = _context(model_admin, request) | {
        "title": "Import charge points",
        "form": form,
        "columns": ", ".join(charge_point_csv.COLUMNS),
        "new": [line for line in lines if line.known is None],
        "changed": [line for line in lines if line.changes],
        "same": [line for line in lines if line.known is not None and not line.changes],
        "content": content,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _context(model_admin: Any, request: HttpRequest) -> dict[str, Any]:
    back = reverse("admin:chargepoints_chargepoint_changelist")
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "back": back,
    }
