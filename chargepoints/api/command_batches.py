"""One command to many charge points, and how far it has come."""

from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.authentication import requester
from chargepoints.api.base import Resource
from chargepoints.api.commands import IDEMPOTENCY_HEADER, read_idempotency_key
from chargepoints.api.errors import Problem
from chargepoints.api.fields import Boolean, Strict, StrictModel, Text, Time
from chargepoints.api.filters import refuse_unknown
from chargepoints.models import ApiKey, ChargePoint, Command, CommandBatch, Registration
from chargepoints.services.commands import batches, redaction
from chargepoints.services.commands.batches import MOST_TARGETS


class ChargePointChoice(Strict):
    """Those to which all of this applies."""

    site = Text(required=False)
    protocol = Text(required=False)
    registration = serializers.ChoiceField(Registration.choices, required=False)
    online = Boolean(required=False)

    def validate(self, choice: dict[str, Any]) -> dict[str, Any]:
        if not choice:
            raise serializers.ValidationError("is empty; nothing is sent to all by an oversight")
        return choice


class NewCommandBatch(Strict):
    """Either `charge_points`, by identity, or a `filter`."""

    charge_points = serializers.ListField(
        child=Text(max_length=48), min_length=1, max_length=MOST_TARGETS, required=False
    )
    filter = ChargePointChoice(required=False)
    type = Text(max_length=40)
    args = serializers.JSONField(default=dict)
    expires_at = Time(allow_null=True, default=None)
    not_before = Time(allow_null=True, default=None)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if ("charge_points" in body) == ("filter" in body):
            raise serializers.ValidationError("needs either `charge_points` or `filter`")
        return body


class RefusedTarget(Strict):
    charge_point = Text()
    code = Text()
    detail = Text()


class Progress(Strict):
    """How many commands of the batch are in each state."""

    def get_fields(self) -> dict[str, Any]:
        return {state: serializers.IntegerField() for state in Command.State.values}


class CommandBatchSerializer(StrictModel):
    """`refused` are those that took no command. The commands: `GET /commands?batch={id}`."""

    charge_points = serializers.SerializerMethodField(help_text="how many were asked for")
    args = serializers.SerializerMethodField(help_text="as they were asked, without passwords")
    refused = RefusedTarget(many=True, read_only=True)
    progress = serializers.SerializerMethodField()
    unfinished = serializers.SerializerMethodField(help_text="commands that are not over")

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
        return batch.commands.filter(finished_at=None).count()

    def get_progress(self, batch: CommandBatch) -> Progress:
        counted = batch.commands.order_by().values_list("state").annotate(Count("pk"))
        states: Any = dict.fromkeys(Command.State.values, 0) | dict(counted)
        return states  # type: ignore[no-any-return]


class CommandBatches(Resource):
    """A batch of commands: as it was asked for, and how far it has come."""

    queryset = CommandBatch.objects.all()
    serializer_class = CommandBatchSerializer
    write_scope = ApiKey.Scope.OPERATE
    conflicts = {"create": "`idempotency_conflict`: the key came with another body before."}

    @extend_schema(
        request=NewCommandBatch,
        parameters=[
            IDEMPOTENCY_HEADER,
            OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[202]),
        ],
        responses={202: CommandBatchSerializer},
    )
    def create(self, request: Request) -> Response:
        """Send one command to many charge points. Each becomes a command of its own."""
        refuse_unknown(request, set())
        body = NewCommandBatch(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        batch = batches.submit(
            _targets(asked),
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


def _targets(asked: dict[str, Any]) -> list[int]:
    """The primary keys of those who are meant. Raises 400 where somebody is unknown."""
    if "filter" in asked:
        found = list(_chosen(asked["filter"]).values_list("pk", flat=True)[: MOST_TARGETS + 1])
        if len(found) > MOST_TARGETS:
            raise Problem(400, "too_many", f"more than {MOST_TARGETS} charge points")
        return found
    lowered = [identity.lower() for identity in asked["charge_points"]]
    known = dict(
        ChargePoint.objects.annotate(lowered=Lower("identity"))
        .filter(lowered__in=lowered)
        .values_list("lowered", "pk")
    )
    unknown = [
        {"pointer": f"/charge_points/{index}", "message": "no charge point is called so"}
        for index, identity in enumerate(lowered)
        if identity not in known
    ]
    if unknown:
        raise Problem(400, "invalid", "the body cannot be used", unknown)
    return list(dict.fromkeys(known[identity] for identity in lowered))


def _chosen(choice: dict[str, Any]) -> QuerySet[ChargePoint]:
    choice = dict(choice)
    charge_points = ChargePoint.objects.order_by("pk")
    if "online" in choice:
        charge_points = charge_points.filter(connection__isnull=not choice.pop("online"))
    return charge_points.filter(**choice)
