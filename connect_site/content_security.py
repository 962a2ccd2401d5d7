"""Content-Security-Policy: what a browser may load, run and send for each answer.

Everything but the admin shows no page of ours, so nothing is allowed there. The admin loads and
sends nothing outside this site and cannot be framed. Inside it scripts and styles may stand in
the page, and Alpine may evaluate its expressions: unfold's templates need both.
"""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

HEADER = "Content-Security-Policy"
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
ADMIN = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)


@sync_and_async_middleware
def content_security(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    async def asynchronous(request: HttpRequest) -> Any:
        return _with_policy(request, await get_response(request))

    def synchronous(request: HttpRequest) -> Any:
        return _with_policy(request, get_response(request))

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _with_policy(request: HttpRequest, response: Any) -> Any:
    response[HEADER] = ADMIN if request.path.startswith("/admin/") else NOTHING
    return response
