"""Static files, served by the server itself, outside the event loop.

WhiteNoise's own middleware is synchronous: with it, every request would block a thread until
its answer, and a request that waits for a charger would block it for minutes.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):
    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.asynchronous = iscoroutinefunction(get_response)
        if self.asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        static_file = self.files.get(request.path_info)
        if static_file is None:
            response: HttpResponseBase | Awaitable[HttpResponseBase] = self.get_response(request)
        elif self.asynchronous:
            response = sync_to_async(self.serve, thread_sensitive=False)(static_file, request)
        else:
            response = self.serve(static_file, request)
        return response

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """`collectstatic` is not needed, so its directory need not exist."""
        if Path(root).is_dir():
            super().add_files(root, prefix)

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """The whole file at once: all are small, and ASGI would collect the parts anyway."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        return HttpResponse(content, status=int(found.status), headers=dict(found.headers))
