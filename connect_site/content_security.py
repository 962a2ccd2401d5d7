"""Content-Security-Policy: what a browser may load, run and send for each response.

Outside the admin there are no pages of ours, so nothing is allowed there. The admin loads and
sends nothing outside this site, and cannot be framed. Its pages contain no inline script and
need no `eval` (`unfold_templates.py`); the one inline style has the response's nonce.
"""

import secrets
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
        "style-src 'self' 'nonce-{nonce}'",
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
        _make_nonce(request)
        return _with_policy(request, await get_response(request))

    def synchronous(request: HttpRequest) -> Any:
        _make_nonce(request)
        return _with_policy(request, get_response(request))

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _make_nonce(request: HttpRequest) -> None:
    request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]


def _with_policy(request: HttpRequest, response: Any) -> Any:
    if request.path.startswith("/admin/"):
        response[HEADER] = ADMIN.format(nonce=request.csp_nonce)  # type: ignore[attr-defined]
    else:
        response[HEADER] = NOTHING
    return response
