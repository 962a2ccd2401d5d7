"""The OpenAPI document, the interactive page for it, and the API's own 404."""

import hashlib
from functools import cache
from typing import Any, NoReturn

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.request import Request

from chargepoints.api.base import ApiView


@cache
def document() -> bytes:
    """The document; only another release changes it."""
    generator: Any = SchemaGenerator
    return orjson.dumps(generator().get_schema(request=None, public=True), default=str)


def _document_tag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(document()).hexdigest()[:16]}"'


@require_safe
@condition(etag_func=_document_tag)
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(), content_type="application/json")


class InteractivePage(SpectacularSwaggerView):
    """Swagger UI from this server's own static files."""

    authentication_classes = []
    url = "/api/v1/openapi.json"


@extend_schema(exclude=True)
class Nothing(ApiView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        self.format_kwarg = None
        raise Http404
