"""CSV of any length: streamed part by part, in the thread of the request."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class AnyAccept(BaseContentNegotiation):
    """Ignores the Accept header: a list is CSV, and an error is JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


def stream_csv(request: HttpRequest, name: str, parts: Iterator[str]) -> StreamingHttpResponse:
    """`parts` must not be empty; each is produced when it is sent."""
    asynchronous = isinstance(request, ASGIRequest)
    response = StreamingHttpResponse(
        _one_by_one(parts) if asynchronous else parts, content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


async def _one_by_one(parts: Iterator[str]) -> AsyncIterator[str]:
    """Produce each part in the request's thread, which serves others while the client reads."""
    while part := await sync_to_async(next)(parts, ""):  # type: ignore[call-arg]
        yield part
