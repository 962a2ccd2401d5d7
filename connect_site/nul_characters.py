"""Refuses NUL characters in URLs and cookies, which PostgreSQL cannot store in texts."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBadRequest
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def refuse_nul_characters(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Answer with 400, because a query for the session or a filter would fail."""

    async def asynchronous(request: HttpRequest) -> Any:
        return _refusal(request) or await get_response(request)

    def synchronous(request: HttpRequest) -> Any:
        return _refusal(request) or get_response(request)

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _refusal(request: HttpRequest) -> HttpResponseBadRequest | None:
    if request.path.startswith("/api/"):
        return None  # the API answers in its own format
    decoded = (request.path, *request.COOKIES.values())
    if "%00" in request.META["QUERY_STRING"] or any("\x00" in text for text in decoded):
        return HttpResponseBadRequest("There is a NUL character in this request.")
    return None
