"""Retention: what is kept and for how long, its size now and later, and held histories."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargepoints.database import storage
from chargepoints.models import HistoryHold
from chargepoints.services.history.forecast import forecasts

TEMPLATE = "admin/chargepoints/retention.html"
MOST_HOLDS = 200


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rows = list(forecasts(timezone.now()))
    holds = HistoryHold.objects.select_related("charge_point")
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Retention",
        "rows": rows,
        "is_sqlite": connection.vendor == "sqlite",
        "size": sum(row.size for row in rows),
        "size_then": sum(row.size_then for row in rows),
        "disks": [(name, left) for name, (_, left) in storage.disks().items()],
        "holds": holds.order_by("-placed_at")[:MOST_HOLDS],
    }
    return TemplateResponse(request, TEMPLATE, context)
