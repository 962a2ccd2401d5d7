"""Commands to charge points: send, read, cancel."""

import re
from typing import Any

import django_filters
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints import traces
from chargepoints.api.authentication import requester
from chargepoints.api.base import Resource
from chargepoints.api.command_bodies import CommandRequest, CommandSerializer
from chargepoints.api.errors import Problem
from chargepoints.api.filters import OfChargePointFilters, refuse_unknown, since, until
from chargepoints.api.pagination import ByCreation
from chargepoints.api.waiting import CommandResponse, Wait
from chargepoints.models import ApiKey, Command
from chargepoints.services.commands import submission
from chargepoints.services.commands.command_types import COMMAND_TYPES

IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")

IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key and body are the same request, sent once.",
)


class CommandFilters(OfChargePointFilters):
    since = since("created_at")
    until = until("created_at")
    batch = django_filters.UUIDFilter(label="The id of a batch.")
    type = django_filters.ChoiceFilter(choices=[(type, type) for type in COMMAND_TYPES])

    class Meta:
        model = Command
        fields = ["state"]


class Commands(Resource):
    """Commands, the newest first."""

    queryset = Command.objects.select_related("charge_point")
    serializer_class = CommandSerializer
    filterset_class = CommandFilters
    pagination_class = ByCreation
    write_scope = ApiKey.Scope.OPERATE

    conflicts = {
        "create": "`not_connected`, `not_supported` or `idempotency_conflict`.",
        "cancel": "`not_cancellable`: it was sent already, or is finished.",
    }

    @extend_schema(
        request={"application/json": {"$ref": "#/components/schemas/CommandRequest"}},
        parameters=[
            IDEMPOTENCY_HEADER,
            OpenApiParameter(
                "traceparent",
                str,
                OpenApiParameter.HEADER,
                description="W3C Trace Context: its trace id becomes the command's.",
            ),
            OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[200, 202]),
        ],
        responses={
            200: OpenApiResponse(CommandSerializer, "The awaited answer or effect has come."),
            202: OpenApiResponse(CommandSerializer, "Accepted; it is not finished yet."),
        },
    )
    def create(self, request: Request, identity: str) -> Response:
        """Send a command to a charge point, and wait for its answer or its effect if asked to."""
        refuse_unknown(request, set())
        charge_point = self.charge_point
        body = CommandRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        command = submission.submit(
            charge_point,
            asked["type"],
            asked["args"],
            requested_by=requester(request),
            idempotency_key=read_idempotency_key(request),
            expires_at=asked["expires_at"],
            not_before=asked["not_before"],
            trace_id=traces.of_traceparent(request.headers.get("traceparent", "")),
        )
        wait = Wait(command.pk, asked["wait"], asked["timeout_s"])
        response = CommandResponse(command, wait)
        response["Location"] = reverse("api:command", kwargs={"pk": command.pk})
        return response

    @extend_schema(request=None)
    def cancel(self, request: Request, pk: Any) -> Response:
        """Cancel a command that was not sent yet."""
        return Response(self.get_serializer(submission.cancel(self.get_object())).data)


def read_idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem(400, "invalid_idempotency_key", "1 to 255 printable ASCII characters")
    return key
