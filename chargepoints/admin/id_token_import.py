"""Tokens from a CSV file: if a line is wrong, the page lists all faults and imports nothing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget

from chargepoints.services.csv_tables import CsvRefused
from chargepoints.services.tokens import id_token_csv

TEMPLATE = "admin/chargepoints/idtoken/import.html"
LARGEST = 10 * 1024 * 1024


class ImportForm(forms.Form):
    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError("The file is larger than 10 MiB.")
        return file


def import_tokens(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET shows the form, POST imports the file."""
    back = reverse("admin:chargepoints_idtoken_changelist")
    posted = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if posted else ImportForm()
    if form.is_valid():
        try:
            loaded = id_token_csv.load(form.cleaned_data["file"].read())
        except CsvRefused as refused:
            for fault in refused.faults:
                form.add_error("file", fault)
        else:
            messages.success(request, f"Tokens: {loaded}.")
            return HttpResponseRedirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Import ID tokens",
        "form": form,
        "columns": ", ".join(id_token_csv.COLUMNS),
        "example": id_token_csv.EXAMPLE,
        "back": back,
    }
    return TemplateResponse(request, TEMPLATE, context)
