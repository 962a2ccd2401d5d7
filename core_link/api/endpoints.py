"""Endpoints that receive events: create, change, pause, send again, and rotate secrets."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import Resource
from chargepoints.api.entity_tags import check_unchanged, tagged
from chargepoints.api.errors import Problem
from core_link import endpoints, resending
from core_link.api.endpoint_bodies import (
    EndpointSerializer,
    EndpointWithSecret,
    PauseRequest,
    ResendRequest,
    Resent,
)
from core_link.models import Endpoint


class Endpoints(Resource):
    """Endpoints that receive events."""

    queryset = Endpoint.objects.all()
    serializer_class = EndpointSerializer
    conflicts = {
        "create": "`already_exists`: the name is taken.",
        "partial_update": "`already_exists`, or `from_environment`: it is the one of EVENTS_URL.",
        "destroy": "`from_environment`: it is the one of EVENTS_URL.",
        "rotate_secret": "`from_environment`: its secrets are those of EVENTS_SECRETS.",
        "end_rotation": "`from_environment`: its secrets are those of EVENTS_SECRETS.",
    }

    @extend_schema(responses={201: EndpointWithSecret})
    def create(self, request: Request) -> Response:
        """Create an endpoint, which receives events from now on; its secret is returned once."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        with _unique_names():
            endpoint, _ = endpoints.add(**asked)
        response = tagged(self.get_serializer(endpoint), status=201)
        response.data = EndpointWithSecret(endpoint).data
        response["Location"] = f"{request.path}/{endpoint.pk}"
        return response

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change an endpoint's name or URL, or which events it receives from now on."""
        with _unique_names():
            endpoint = self._own(pk)
            check_unchanged(request, self.get_serializer(endpoint))
            body = self.get_serializer(endpoint, data=request.data, partial=True)
            body.is_valid(raise_exception=True)
            for name, value in body.validated_data.items():
                setattr(endpoint, name, value)
            # The worker writes the other columns.
            endpoint.save(update_fields=list(body.validated_data))
        return tagged(self.get_serializer(endpoint))

    def destroy(self, request: Request, pk: int) -> Response:
        """Remove an endpoint, with its undelivered events and its dead letters."""
        with transaction.atomic():
            endpoint = self._own(pk)
            check_unchanged(request, self.get_serializer(endpoint))
            endpoint.delete()
        return Response(status=204)

    @extend_schema(request=None, responses=EndpointWithSecret)
    def rotate_secret(self, request: Request, pk: int) -> Response:
        """Add a new secret, returned only once; the old one also signs until `end-rotation`."""
        with transaction.atomic():
            endpoint = self._own(pk)
            endpoints.begin_rotation(endpoint)
        return Response(EndpointWithSecret(endpoint).data)

    @extend_schema(request=None)
    def end_rotation(self, request: Request, pk: int) -> Response:
        """Sign only with the newest secret from now on."""
        with transaction.atomic():
            endpoint = self._own(pk)
            endpoints.end_rotation(endpoint)
        return self._shown(pk)

    @extend_schema(request=PauseRequest)
    def pause(self, request: Request, pk: int) -> Response:
        """Stop delivering to an endpoint; its events wait."""
        endpoint = self.get_object()
        body = PauseRequest(data=request.data)
        body.is_valid(raise_exception=True)
        endpoints.pause(endpoint, body.validated_data["reason"])
        return self._shown(pk)

    @extend_schema(request=None)
    def resume(self, request: Request, pk: int) -> Response:
        """Deliver to an endpoint again, at once."""
        endpoints.resume(self.get_object())
        return self._shown(pk)

    @extend_schema(request=ResendRequest, responses={202: Resent})
    def resend(self, request: Request, pk: int) -> Response:
        """Send past events again, in order for each charge point, in parallel to new events."""
        endpoint = self.get_object()
        body = ResendRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        if "since" in asked:
            count = resending.resend_since(endpoint, asked["since"])
        else:
            count = resending.resend_range(endpoint, asked["first"], asked["last"])
        return Response({"charge_points": count}, status=202)

    def _own(self, pk: int) -> Endpoint:
        """An endpoint that the API may change, locked. Raises 404 and 409."""
        endpoint = get_object_or_404(Endpoint.objects.select_for_update(no_key=True), pk=pk)
        if endpoint.from_environment:
            raise Problem(
                409, "from_environment", "EVENTS_URL and EVENTS_SECRETS configure this endpoint"
            )
        return endpoint

    def _shown(self, pk: int) -> Response:
        return Response(self.get_serializer(Endpoint.objects.get(pk=pk)).data)


@contextmanager
def _unique_names() -> Iterator[None]:
    """A transaction. Raises 409 if the name is taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Problem(409, "already_exists", "an endpoint has this name") from None
