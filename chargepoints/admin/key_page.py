"""Keys are shown once: on the page that answers the request that created them."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from chargepoints.admin import live
from chargepoints.models import ChargePoint
from chargepoints.services.stations import registry


def new_key(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks for confirmation; POST creates the key and makes all earlier ones invalid."""
    charge_point = live.find(model_admin, request, pk)
    if not model_admin.has_change_permission(request, charge_point):
        raise PermissionDenied
    if request.method == "POST":
        key = registry.new_key()
        registry.set_key(charge_point, key)
        model_admin.log_change(request, charge_point, "New key.")
        return show(model_admin, request, charge_point, key)
    context = _context(model_admin, request, charge_point) | {"may_change": True}
    return TemplateResponse(request, "admin/chargepoints/chargepoint/new_key.html", context)


def show(model_admin: Any, request: HttpRequest, owner: Model, key: str) -> HttpResponse:
    """The page with the key. Admin pages are never cached, so it is lost when the tab is closed."""
    context = _context(model_admin, request, owner) | {"key": key}
    return TemplateResponse(request, "admin/chargepoints/key.html", context)


def remember(request: HttpRequest, key: str | None) -> None:
    """Pass a key from saving to the answer: in the request, never in the session."""
    cast(Any, request).key_to_show = key


def remembered(request: HttpRequest) -> str | None:
    key: str | None = getattr(request, "key_to_show", None)
    return key


def _context(model_admin: Any, request: HttpRequest, owner: Model) -> dict[str, Any]:
    if isinstance(owner, ChargePoint):
        back = live.url_of(owner)
    else:
        back = reverse(f"admin:{owner._meta.app_label}_{owner._meta.model_name}_changelist")
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "owner": owner,
        "charge_point": owner if isinstance(owner, ChargePoint) else None,
        "original": owner,
        "title": str(owner),
        "back": back,
    }
