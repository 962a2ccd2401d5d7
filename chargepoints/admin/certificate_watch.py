"""The certificate watch: the TLS of charge points, and who could no longer connect."""

from datetime import timedelta

from cryptography import x509
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from chargepoints import clock
from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.models import SeenTls
from chargepoints.services.certificates import watch
from chargepoints.templatetags import charging

TEMPLATE = "admin/chargepoints/certificates/watch.html"
MOST_SHOWN = 100
LONGEST_PEM = 100_000


@admin.register(SeenTls)
class SeenTlsAdmin(BoundedSearch, HistoryAdmin):
    """The TLS of each charge point's last connection; read-only."""

    list_display = (
        "charge_point",
        "version",
        "suite",
        "certificate_subject",
        "certificate_issuer",
        "expires",
        "at",
    )
    list_select_related = ("charge_point",)
    list_filter = ("version", "suite", "certificate_issuer")
    search_fields = ("=certificate_serial", "=certificate_issuer")
    search_help_text = "a charge point; or the serial number or the issuer of its certificate"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.watch)
        return [path("watch/", page, name="chargepoints_seentls_watch"), *super().get_urls()]

    @admin.display(description="certificate expires")
    def expires(self, row: SeenTls) -> str:
        at = row.certificate_expires_at
        return charging.moment(at) if at else "-"

    def watch(self, request: HttpRequest) -> HttpResponse:
        """GET checks dates in the near future; POST checks a planned change."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = WhatIf(request.POST) if posted else WhatIf()
        change, days = watch.Change(), WhatIf.DAYS
        if form.is_valid():
            change = watch.Change(form.cleaned_data["server"], form.cleaned_data["authorities"])
            days = form.cleaned_data["days"]
        answer = watch.look(change, clock.now() + timedelta(days=days))
        rows = SeenTls.objects.order_by()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Certificate watch",
            "form": form,
            "asked": bool(change.server or change.authorities),
            "answer": answer,
            "days": days,
            "falls": answer.falls[:MOST_SHOWN],
            "unknown": answer.unknown[:MOST_SHOWN],
            "suites": rows.values("version", "suite")
            .annotate(count=Count("pk"))
            .order_by("-count")[:MOST_SHOWN],
            "issuers": rows.exclude(certificate_serial="")
            .values("certificate_issuer")
            .annotate(count=Count("pk"), first=Min("certificate_expires_at"))
            .order_by("-count")[:MOST_SHOWN],
        }
        return TemplateResponse(request, TEMPLATE, context)


class WhatIf(forms.Form):
    DAYS = 90

    server = forms.CharField(
        label="New certificate of the server, with its chain (PEM)",
        required=False,
        max_length=LONGEST_PEM,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
    )
    authorities = forms.CharField(
        label="New authorities for the certificates of chargers (PEM)",
        required=False,
        max_length=LONGEST_PEM,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
    )
    days = forms.IntegerField(
        label="Days to look ahead",
        min_value=1,
        max_value=36_500,
        initial=DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def clean_server(self) -> list[x509.Certificate]:
        return _certificates(self.cleaned_data["server"])

    def clean_authorities(self) -> list[x509.Certificate]:
        return _certificates(self.cleaned_data["authorities"])


def _certificates(text: str) -> list[x509.Certificate]:
    if not text.strip():
        return []
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise forms.ValidationError("This is not a list of certificates in PEM.") from None
