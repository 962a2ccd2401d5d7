"""NUL characters in a request's address and cookies, which PostgreSQL takes in no text."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBadRequest
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def refuse_nul_characters(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Answer with 400 what a look-up of the session or of a filter would fail at."""

    async def asynchronous(request: HttpRequest) -> Any:
        return _refusal(request) or await get_response(request)

    def synchronous(request: HttpRequest) -> Any:
        return _refusal(request) or get_response(request)

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _refusal(request: HttpRequest) -> HttpResponseBadRequest | None:
    if request.path.startswith("/api/"):
        return None  # it says so in its own form
    decoded = (request.path, *request.COOKIES.values())
    if "%00" in request.META["QUERY_STRING"] or any("\x00" in text for text in decoded):
        return HttpResponseBadRequest("There is a NUL character in this request.")
    return None
