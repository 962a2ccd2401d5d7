"""One command to many charge points, in waves: begin, read, pause, resume, cancel."""

from typing import Any

import django_filters
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.authentication import requester
from chargepoints.api.base import Resource
from chargepoints.api.charge_point_choice import TAKEN_IN, OfMany, identities, targets
from chargepoints.api.commands import read_idempotency_key
from chargepoints.api.errors import Problem
from chargepoints.api.fields import Boolean, Integer, Strict, StrictModel, Text
from chargepoints.api.filters import refuse_unknown
from chargepoints.api.pagination import ByCreation, OldestFirst
from chargepoints.models import ApiKey, RollOut, RollOutTarget
from chargepoints.services.commands import redaction, roll_outs
from chargepoints.services.commands.roll_outs import MOST_AT_ONCE, MOST_TARGETS, Care

DAY_S = 24 * 3600


class NewRollOut(OfMany):
    """Either `charge_points`, by identity, or a `filter`."""

    charge_points = identities(MOST_TARGETS)
    waves = serializers.ListField(
        child=serializers.RegexField(f"^(?:{roll_outs.WAVE.pattern})$"),
        max_length=20,
        default=lambda: list(roll_outs.USUAL_WAVES),
        help_text="Numbers (`5`) or shares of all (`10%`); all others are the last wave.",
    )
    halt_after = Integer(min_value=1, max_value=MOST_TARGETS, default=1)
    at_once = Integer(min_value=1, max_value=MOST_AT_ONCE, default=20)
    during_transactions = Boolean(default=False)
    wait_s = Integer(min_value=60, max_value=90 * DAY_S, default=DAY_S)
    back_within_s = Integer(min_value=1, max_value=7 * DAY_S, default=900)


class WaveCounts(Strict):
    """The number of charge points of the wave in each state."""

    def get_fields(self) -> dict[str, Any]:
        return {state: serializers.IntegerField() for state in RollOutTarget.State.values}


class WaveSerializer(Strict):
    number = serializers.SerializerMethodField(help_text="from 1 on")
    size = serializers.IntegerField(read_only=True)
    counts = WaveCounts(read_only=True)

    def get_number(self, wave: roll_outs.Wave) -> int:
        return wave.number + 1


class RollOutSerializer(StrictModel):
    """The request, its progress, and why it was halted."""

    args = serializers.SerializerMethodField(help_text="as requested, without passwords")
    wave = serializers.SerializerMethodField(help_text="the present wave, from 1 on")
    waves = serializers.SerializerMethodField()

    class Meta:
        model = RollOut
        fields = [
            "id",
            "type",
            "args",
            "requested_by",
            "created_at",
            "state",
            "halted_because",
            "wave",
            "waves",
            "halt_after",
            "at_once",
            "during_transactions",
            "wait_s",
            "back_within_s",
            "finished_at",
        ]
        read_only_fields = fields

    def get_args(self, roll_out: RollOut) -> dict[str, Any]:
        return redaction.shown_args(roll_out.type, roll_out.args)

    def get_wave(self, roll_out: RollOut) -> int:
        return roll_out.wave + 1

    @extend_schema_field(WaveSerializer(many=True))
    def get_waves(self, roll_out: RollOut) -> Any:
        return WaveSerializer(roll_outs.progress(roll_out), many=True).data


class RollOuts(Resource):
    """Roll-outs, the newest first."""

    queryset = RollOut.objects.all()
    serializer_class = RollOutSerializer
    pagination_class = ByCreation
    write_scope = ApiKey.Scope.OPERATE
    conflicts = {
        "create": "`idempotency_conflict`: the key was used with another body before.",
        "pause": "`not_running`.",
        "resume": "`not_paused`: it is neither paused nor halted.",
        "cancel": "`is_over`.",
    }

    @extend_schema(
        request=NewRollOut,
        parameters=TAKEN_IN,
        responses={202: RollOutSerializer},
    )
    def create(self, request: Request) -> Response:
        """Have one command sent to many charge points, wave by wave."""
        refuse_unknown(request, set())
        body = NewRollOut(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        care = {name: asked[name] for name in Care.__dataclass_fields__}
        roll_out = roll_outs.begin(
            _targets(asked),
            asked["type"],
            asked["args"],
            Care(**care),
            chosen_by=asked.get("charge_points") or asked["filter"],
            requested_by=requester(request),
            idempotency_key=read_idempotency_key(request) or "",
        )
        location = reverse("api:roll-out", kwargs={"pk": roll_out.pk})
        data = self.get_serializer(roll_out).data
        return Response(data, status=202, headers={"Location": location})

    @extend_schema(request=None)
    def pause(self, request: Request, pk: Any) -> Response:
        """Send no more commands until it is resumed; those that were sent go on."""
        return Response(self.get_serializer(roll_outs.pause(self.get_object())).data)

    @extend_schema(request=None)
    def resume(self, request: Request, pk: Any) -> Response:
        """Continue after a pause or a halt; the failures so far do not count any more."""
        return Response(self.get_serializer(roll_outs.resume(self.get_object())).data)

    @extend_schema(request=None)
    def cancel(self, request: Request, pk: Any) -> Response:
        """Never send another command; those that were sent go on."""
        return Response(self.get_serializer(roll_outs.cancel(self.get_object())).data)


class RollOutTargetSerializer(StrictModel):
    charge_point = Text(source="charge_point.identity", read_only=True)
    external_id = Text(
        source="charge_point.external_id", read_only=True, help_text="Core's key of it."
    )
    wave = serializers.SerializerMethodField(help_text="from 1 on")

    class Meta:
        model = RollOutTarget
        fields = [
            "charge_point",
            "external_id",
            "wave",
            "state",
            "command",
            "code",
            "detail",
            "ended_at",
        ]
        read_only_fields = fields

    def get_wave(self, target: RollOutTarget) -> int:
        return target.wave + 1


class RollOutTargetFilters(django_filters.FilterSet):
    class Meta:
        model = RollOutTarget
        fields = ["state"]


class RollOutTargets(Resource):
    """The charge points of a roll-out, wave by wave, with their states."""

    queryset = RollOutTarget.objects.select_related("charge_point")
    serializer_class = RollOutTargetSerializer
    filterset_class = RollOutTargetFilters
    pagination_class = OldestFirst

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(roll_out=self.kwargs["pk"])


def _targets(asked: dict[str, Any]) -> list[int]:
    found = targets(asked, MOST_TARGETS)
    if not found:
        raise Problem(400, "nobody", "no charge point matches the filter")
    return found
