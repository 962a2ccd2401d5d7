"""Files: firmware that staff uploaded, updates with it, and uploads of chargers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from chargepoints.admin.history import HistoryAdmin
from chargepoints.models import FirmwareFile, FirmwareUpdate, Upload
from chargepoints.services.certificates import installed_certificates
from chargepoints.services.certificates.installed_certificates import NotACertificate
from chargepoints.services.files import hosting


class FirmwareForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_signing_certificate(self) -> str:
        """Check it now: a charger would only report that it is invalid."""
        pem: str = self.cleaned_data["signing_certificate"]
        if pem:
            try:
                installed_certificates.read_chain(pem)
            except NotACertificate as error:
                raise forms.ValidationError(f"not a certificate in PEM: {error}") from error
        return pem


@admin.register(FirmwareFile)
class FirmwareFileAdmin(ModelAdmin):
    """The file of an image cannot be replaced, because chargers may be downloading it."""

    form = FirmwareForm
    list_display = ("name", "bytes", "sha256", "signed", "uploaded_at")
    search_fields = ("name", "=sha256")
    fields = ("name", "bytes", "sha256", "md5", "signing_certificate", "signature", "uploaded_at")
    readonly_fields = ("name", "bytes", "sha256", "md5", "uploaded_at")
    add_fieldsets = ((None, {"fields": ("name", "file", "signing_certificate", "signature")}),)
    actions = None

    def get_readonly_fields(
        self, request: HttpRequest, obj: FirmwareFile | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: FirmwareFile, form: Any, change: bool) -> None:
        obj.save()
        if not change:
            hosting.measure(obj)
            obj.save(update_fields=["size", "sha256", "md5"])

    def delete_model(self, request: HttpRequest, obj: FirmwareFile) -> None:
        obj.delete()
        obj.file.delete(save=False)

    @admin.display(description="size", ordering="size")
    def bytes(self, row: FirmwareFile) -> str:
        return filesizeformat(row.size)

    @admin.display(description="signed", boolean=True)
    def signed(self, row: FirmwareFile) -> bool:
        return bool(row.signature)


@admin.register(FirmwareUpdate)
class FirmwareUpdateAdmin(HistoryAdmin):
    list_display = ("created_at", "charge_point", "firmware", "status", "status_at", "finished_at")
    list_select_related = ("charge_point", "firmware")
    list_filter = (("charge_point", AutocompleteSelectFilter),)
    search_fields = ("charge_point__identity", "=status", "firmware__name")
    search_help_text = "charge point, exact status, or name of the firmware"
    fields = (
        "charge_point",
        "command",
        "firmware",
        "status",
        "status_at",
        "created_at",
        "finished_at",
    )


@admin.register(Upload)
class UploadAdmin(HistoryAdmin):
    list_display = ("created_at", "charge_point", "kind", "status", "name", "bytes", "received_at")
    list_select_related = ("charge_point",)
    list_filter = (
        ("charge_point", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
    )
    search_fields = ("charge_point__identity", "file_name")
    search_help_text = "charge point, or file name from the charger"
    # Without the location, because its URL allows an upload.
    fields = (
        "charge_point",
        "command",
        "kind",
        "status",
        "status_at",
        "name",
        "bytes",
        "created_at",
        "received_at",
    )
    readonly_fields = ("name", "bytes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        uploads: QuerySet[Upload] = super().get_queryset(request)
        return uploads.defer("location")

    @admin.display(description="file")
    def name(self, row: Upload) -> SafeString | str:
        return link(row)

    @admin.display(description="size", ordering="size")
    def bytes(self, row: Upload) -> str:
        return "-" if row.size is None else filesizeformat(row.size)


def link(row: Upload) -> SafeString | str:
    """A link to download a received file; served as an attachment."""
    name = row.file_name or f"{row.kind}-{row.pk}"
    if row.received_at is None:
        return row.file_name or "-"
    url = reverse("files:received", args=[row.pk])
    return format_html('<a class="cp-link" href="{}">{}</a>', url, name)
