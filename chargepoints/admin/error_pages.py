"""Pages for addresses that do not exist or that this user may not see."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import csrf, defaults

from chargepoints.admin.history import is_polled

ADMIN = "/admin/"
TEMPLATE = "admin/chargepoints/error.html"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if not request.path.startswith(ADMIN):
        return defaults.page_not_found(request, exception)
    return _page(
        request,
        404,
        "This page does not exist",
        "It may have been deleted, or there is a typing error in the address.",
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if not request.path.startswith(ADMIN):
        return defaults.permission_denied(request, exception)
    return _page(
        request,
        403,
        "You have no permission for this",
        "Nothing was changed. An administrator can give you another role.",
    )


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: usually the page is older than the user's sign-in."""
    if not request.path.startswith(ADMIN):
        return csrf.csrf_failure(request, reason)
    return _page(
        request,
        403,
        "This page was out of date",
        "Nothing was changed: you have signed in again since you opened it, or your browser sends"
        " no cookies. Go back, load the page again, and repeat your change.",
    )


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    if is_polled(request) and request.method == "POST":
        # `fragments.py` reloads the page, which shows this at its top.
        messages.error(request, f"{title}. {text}")
        return HttpResponse(status=status)
    context = {**admin.site.each_context(request), "title": title, "text": text}
    context["content_title"] = title
    # Without the menu for users who are not signed in.
    within = "admin/base_site" if context["has_permission"] else "unfold/layouts/unauthenticated"
    context["layout"] = f"{within}.html"
    return render(request, TEMPLATE, context, status=status)
