"""The second central system of a charge point: set, read, removed."""

from django.core.validators import URLValidator
from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import Resource
from chargepoints.api.entity_tags import check_unchanged, tagged, unless_known
from chargepoints.api.fields import StrictModel, Text, TextOrNull
from chargepoints.api.filters import refuse_unknown
from chargepoints.clock import api_time
from chargepoints.mirroring import forwarding
from chargepoints.models import Mirror


class MirrorSerializer(StrictModel):
    """`url` without the identity, which the gateway appends, as a charger does."""

    url = Text(max_length=500, validators=[URLValidator(schemes=["ws", "wss"])])
    password = Text(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=255,
        help_text="For HTTP Basic, instead of the charger's; it is never shown.",
    )
    allowed_actions = serializers.ListField(
        child=Text(max_length=50),
        required=False,
        help_text="OCPP actions that it may send to the charger; empty: it only listens.",
    )
    waiting_since = serializers.SerializerMethodField(
        help_text="When the oldest message was received that it has not got yet."
    )
    error = TextOrNull(read_only=True, help_text="Why it cannot be reached.")

    class Meta:
        model = Mirror
        fields = [
            "url",
            "password",
            "enabled",
            "allowed_actions",
            "connected_at",
            "told_at",
            "waiting_since",
            "missed",
            "error",
        ]
        read_only_fields = ["connected_at", "told_at", "missed"]

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_waiting_since(self, mirror: Mirror) -> str | None:
        since = forwarding.waiting_since(mirror)
        return None if since is None else api_time(since)


class MirrorOfChargePoint(Resource):
    queryset = Mirror.objects.all()
    serializer_class = MirrorSerializer

    def retrieve(self, request: Request, identity: str) -> Response:  # type: ignore[override]
        """The second central system that gets a charge point's messages."""
        refuse_unknown(request, set())
        return unless_known(request, self.get_serializer(self._found()))

    @extend_schema(responses={200: MirrorSerializer})
    def update(self, request: Request, identity: str) -> Response:
        """Send a charge point's messages to a second central system from now on."""
        refuse_unknown(request, set())
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            known = Mirror.objects.select_for_update(no_key=True).filter(
                charge_point=self.charge_point
            )
            mirror = known.first() or Mirror(charge_point=self.charge_point)
            check_unchanged(request, self.get_serializer(mirror))
            if mirror.pk is None or mirror.url != body.validated_data["url"]:
                mirror.begins_after = mirror.told_through = forwarding.newest_message_id(mirror)
                mirror.told_at, mirror.transaction_ids, mirror.missed = None, {}, 0
            for name, value in body.validated_data.items():
                setattr(mirror, name, value)
            mirror.save()
        return tagged(self.get_serializer(mirror))

    def destroy(self, request: Request, identity: str) -> Response:
        """Stop sending messages to the second central system."""
        mirror = self._found()
        check_unchanged(request, self.get_serializer(mirror))
        mirror.delete()
        return Response(status=204)

    def _found(self) -> Mirror:
        mirror = Mirror.objects.filter(charge_point=self.charge_point).first()
        if mirror is None:
            raise NotFound(f"{self.charge_point.identity} has no mirror")
        return mirror
