"""One command to many charge points, and its progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Count, Q
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.authentication import requester
from chargepoints.api.base import Resource
from chargepoints.api.charge_point_choice import TAKEN_IN, OfMany, identities, targets
from chargepoints.api.commands import read_idempotency_key
from chargepoints.api.entity_tags import page_unless_known
from chargepoints.api.fields import Strict, StrictModel, Text, Time
from chargepoints.api.filters import refuse_unknown, since, until
from chargepoints.api.pagination import ByCreation
from chargepoints.models import ApiKey, Command, CommandBatch
from chargepoints.services.commands import batches, redaction
from chargepoints.services.commands.batches import MOST_TARGETS
from chargepoints.services.commands.command_types import COMMAND_TYPES


class NewCommandBatch(OfMany):
    """Either `charge_points`, by identity, or a `filter`."""

    charge_points = identities(MOST_TARGETS)
    expires_at = Time(allow_null=True, default=None)
    not_before = Time(allow_null=True, default=None)


class RefusedTarget(Strict):
    charge_point = Text()
    code = Text()
    detail = Text()


class Progress(Strict):
    """The number of commands of the batch in each state."""

    def get_fields(self) -> dict[str, Any]:
        return {state: serializers.IntegerField() for state in Command.State.values}


@dataclass
class Counted:
    """The commands of a batch, by state; and those that are not finished."""

    states: dict[str, int]
    unfinished: int = 0


def count(several: Sequence[CommandBatch]) -> dict[Any, Counted]:
    """By the batches' ids, with one query."""
    counted = {batch.pk: Counted(dict.fromkeys(Command.State.values, 0)) for batch in several}
    rows = (
        Command.objects.filter(batch__in=several)
        .order_by()
        .values_list("batch", "state")
        .annotate(number=Count("pk"), unfinished=Count("pk", filter=Q(finished_at=None)))
    )
    for batch, state, number, unfinished in rows:
        counted[batch].states[state] = number
        counted[batch].unfinished += unfinished
    return counted


class CommandBatchSerializer(StrictModel):
    """`refused`: charge points without a command. The commands: `GET /commands?batch={id}`."""

    charge_points = serializers.SerializerMethodField(help_text="number in the request")
    args = serializers.SerializerMethodField(help_text="as requested, without passwords")
    refused = RefusedTarget(many=True, read_only=True)
    progress = serializers.SerializerMethodField()
    unfinished = serializers.SerializerMethodField(help_text="commands that are not finished")

    class Meta:
        model = CommandBatch
        fields = [
            "id",
            "type",
            "args",
            "requested_by",
            "created_at",
            "not_before",
            "expires_at",
            "submitted_at",
            "charge_points",
            "refused",
            "progress",
            "unfinished",
        ]
        read_only_fields = fields

    def get_args(self, batch: CommandBatch) -> dict[str, Any]:
        return redaction.shown_args(batch.type, batch.args)

    def get_charge_points(self, batch: CommandBatch) -> int:
        return len(batch.targets)

    def get_unfinished(self, batch: CommandBatch) -> int:
        return self._counted(batch).unfinished

    def get_progress(self, batch: CommandBatch) -> Progress:
        states: Any = self._counted(batch).states
        return states  # type: ignore[no-any-return]

    def _counted(self, batch: CommandBatch) -> Counted:
        """With one query for all of a page; else for this batch."""
        known: dict[Any, Counted] = self.context.get("counted") or count([batch])
        return known[batch.pk]


class CommandBatchFilters(django_filters.FilterSet):
    since = since("created_at")
    until = until("created_at")
    type = django_filters.ChoiceFilter(choices=[(type, type) for type in COMMAND_TYPES])

    class Meta:
        model = CommandBatch
        fields: list[str] = []


class CommandBatches(Resource):
    """Batches of commands, the newest first: the request, and its progress."""

    queryset = CommandBatch.objects.all()
    serializer_class = CommandBatchSerializer
    filterset_class = CommandBatchFilters
    pagination_class = ByCreation
    write_scope = ApiKey.Scope.OPERATE
    conflicts = {"create": "`idempotency_conflict`: the key was used with another body before."}

    def list(self, request: Request, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "counted": count(page)}
        shown = CommandBatchSerializer(page, many=True, context=context).data
        return page_unless_known(request, self.get_paginated_response(shown).data)

    @extend_schema(
        request=NewCommandBatch,
        parameters=TAKEN_IN,
        responses={202: CommandBatchSerializer},
    )
    def create(self, request: Request) -> Response:
        """Send one command to many charge points. Each gets a command of its own."""
        refuse_unknown(request, set())
        body = NewCommandBatch(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        batch = batches.submit(
            targets(asked, MOST_TARGETS),
            asked["type"],
            asked["args"],
            chosen_by=asked.get("charge_points") or asked["filter"],
            requested_by=requester(request),
            idempotency_key=read_idempotency_key(request) or "",
            expires_at=asked["expires_at"],
            not_before=asked["not_before"],
        )
        location = reverse("api:command-batch", kwargs={"pk": batch.pk})
        data = self.get_serializer(batch).data
        return Response(data, status=202, headers={"Location": location})
