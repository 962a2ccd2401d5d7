"""Answers htmx requests that cannot have a fragment, instead of a sign-in page in the page."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware
from django.utils.http import urlencode

from chargepoints.admin.history import is_polled

# Pages to which users are redirected to sign in (again), or to complete the sign-in.
SIGN_IN = ("admin:login", "admin:auth_user_code", "admin:auth_user_two_step")


@sync_and_async_middleware
def fragments(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Redirect the whole page if a fragment would be redirected."""

    async def asynchronous(request: HttpRequest) -> Any:
        return _for_the_page(request, await get_response(request))

    def synchronous(request: HttpRequest) -> Any:
        return _for_the_page(request, get_response(request))

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _for_the_page(request: HttpRequest, response: Any) -> Any:
    if not is_polled(request):
        return response
    if 300 <= response.status_code < 400:
        asked_at = urlsplit(response["Location"]).path
        if asked_at in [reverse(name) for name in SIGN_IN]:
            onward = f"{asked_at}?{urlencode({'next': _shown_page(request)})}"
            return HttpResponse(status=204, headers={"HX-Redirect": onward})
    # The page itself is gone as well, or shows why its form was refused.
    if response.status_code == 404 or (response.status_code == 403 and request.method == "POST"):
        response["HX-Refresh"] = "true"
    return response


def _shown_page(request: HttpRequest) -> str:
    """The page to return to, without its host, so it never leads to another site."""
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    return shown._replace(scheme="", netloc="", fragment="").geturl() or reverse("admin:index")
