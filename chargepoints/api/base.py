"""What all views of the API share."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from chargepoints.api import errors
from chargepoints.api.authentication import BearerKey, HasScope
from chargepoints.api.document import DocumentedView
from chargepoints.api.entity_tags import page_unless_known, unless_known
from chargepoints.api.filters import FilterBackend, refuse_unknown
from chargepoints.api.json_bodies import JsonParser, JsonRenderer
from chargepoints.api.pagination import CursorPages
from chargepoints.api.throttling import KeyThrottle
from chargepoints.models import ApiKey, ChargePoint
from chargepoints.models.charge_point import identity_validator
from chargepoints.services.stations import registry


class ApiView(APIView):
    authentication_classes = [BearerKey]
    permission_classes = [HasScope]
    throttle_classes = [KeyThrottle]
    parser_classes = [JsonParser]
    renderer_classes = [JsonRenderer]
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    schema = DocumentedView()
    write_scope = ApiKey.Scope.ADMIN

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return errors.answer

    def get_throttles(self) -> list[Any]:
        self._throttles: list[Any] = super().get_throttles()
        return self._throttles

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        for throttle in getattr(self, "_throttles", ()):
            for name, value in throttle.headers().items():
                response[name] = value
        return super().finalize_response(request, response, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "CONTENT_LENGTH" not in request.META:
            # DRF ignores a body without a length (`Transfer-Encoding: chunked`).
            request.META["CONTENT_LENGTH"] = str(len(request.body))


class Resource(GenericViewSet[Any], ApiView):
    """A resource and its list; below `/charge-points/{identity}/`, only of that charge point."""

    filter_backends = [FilterBackend]
    pagination_class = CursorPages

    def list(self, request: Request, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        found = self.get_paginated_response(self.get_serializer(page, many=True).data)
        return page_unless_known(request, found.data)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        refuse_unknown(request, set())
        return unless_known(request, self.get_serializer(self.get_object()))

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        if "identity" in self.kwargs and not getattr(self, "swagger_fake_view", False):
            return queryset.filter(charge_point=self.charge_point)
        return queryset

    @cached_property
    def charge_point(self) -> ChargePoint:
        """The charge point in the path. Raises NotFound."""
        return find_charge_point(self.kwargs["identity"])


def find_charge_point(identity: str) -> ChargePoint:
    known = re.fullmatch(identity_validator.regex, identity) and registry.find(identity)
    if not known:
        raise NotFound(f"there is no charge point {identity[:48]!r}")
    return known
