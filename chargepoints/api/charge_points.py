"""The registry of charge points: list, register, change, remove."""

from typing import Any
from urllib.parse import quote

import django_filters
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Prefetch, ProtectedError, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints import nudges
from chargepoints.api.authentication import requester
from chargepoints.api.base import Resource, find_charge_point
from chargepoints.api.charge_point_bodies import ChargePointPatch, ChargePointSerializer
from chargepoints.api.entity_tags import check_unchanged, tagged, unless_known
from chargepoints.api.errors import Problem
from chargepoints.api.filters import FlagFilter, refuse_unknown
from chargepoints.api.pagination import ByIdentity
from chargepoints.models import ApiKey, ChargePoint, Connection, Evse, HistoryHold
from chargepoints.services.stations import disconnecting, registry

REMOVED = "the charge point is no longer registered"


class ChargePointFilters(django_filters.FilterSet):
    online = FlagFilter(field_name="connection", lookup_expr="isnull", exclude=True)
    protocol = django_filters.CharFilter(label="The last negotiated subprotocol.")

    class Meta:
        model = ChargePoint
        fields = ["site", "external_id", "registration", "protocol"]


def charge_points_in_full() -> QuerySet[ChargePoint]:
    """All charge points with their connectors and the facts of their last socket."""
    last = Connection.objects.filter(charge_point=OuterRef("pk")).order_by("-id")
    return ChargePoint.objects.prefetch_related(
        Prefetch("evses", Evse.objects.prefetch_related("connectors"))
    ).annotate(
        last_opened_at=Subquery(last.values("opened_at")[:1]),
        last_closed_at=Subquery(last.values("closed_at")[:1]),
        last_address=Subquery(last.values("remote_address")[:1]),
    )


class ChargePoints(Resource):
    """Charge points by identity; upper and lower case do not matter."""

    queryset = ChargePoint.objects.all()
    serializer_class = ChargePointSerializer
    filterset_class = ChargePointFilters
    pagination_class = ByIdentity
    lookup_field = "identity"
    conflicts = {
        "create": "`already_exists`: the identity exists, in this or another case.",
        "destroy": "`events_undelivered`: an endpoint has not received all its events yet."
        " `history_held`: staff hold its history.",
    }

    def get_queryset(self) -> QuerySet[ChargePoint]:
        return charge_points_in_full()

    def retrieve(self, request: Request, **kwargs: str) -> Response:
        refuse_unknown(request, set())
        charge_point = find_charge_point(kwargs["identity"])
        return unless_known(request, self._in_full(charge_point.pk))

    def create(self, request: Request) -> Response:
        """Register a charge point. Without a password it can only connect on profile 0 or 3."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        identity, key = values.pop("identity"), values.pop("password", None)
        try:
            charge_point = registry.register(identity, key=key, **values)
        except (IntegrityError, ValidationError):
            if registry.find(identity):
                raise already_exists(identity) from None
            raise
        response = tagged(self._in_full(charge_point.pk), status=201)
        response["Location"] = f"{request.path}/{quote(charge_point.identity)}"
        return response

    def partial_update(self, request: Request, identity: str) -> Response:
        """Change only the given fields; the charger's open socket uses the new values."""
        with transaction.atomic():
            charge_point = self._locked(request, identity)
            serializer = ChargePointPatch(charge_point, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            values = serializer.validated_data
            values.pop("identity", None)
            if key := values.pop("password", None):
                registry.set_key(charge_point, key)
            for name, value in values.items():
                setattr(charge_point, name, value)
            if values:
                registry.changed(charge_point, *values)
                transaction.on_commit(lambda: nudges.send([charge_point.pk]), robust=True)
        return tagged(self._in_full(charge_point.pk))

    def destroy(self, request: Request, identity: str) -> Response:
        """Remove a charge point and its history after core has got its events; close its socket."""
        with transaction.atomic():
            charge_point = self._locked(request, identity)
            connection = charge_point.connection
            if HistoryHold.objects.filter(charge_point=charge_point).exists():
                raise Problem(409, "history_held", "staff hold the history of this charge point")
            try:
                charge_point.delete()
            except ProtectedError as error:
                raise Problem(409, "events_undelivered", error.args[0]) from None
            if connection is not None:
                transaction.on_commit(lambda: nudges.close(connection, REMOVED), robust=True)
        return Response(status=204)

    def _locked(self, request: Request, identity: str) -> ChargePoint:
        """The locked row, in the version that the client knows. Raises 404 and 412."""
        found = find_charge_point(identity)
        charge_point = ChargePoint.objects.select_for_update(no_key=True).get(pk=found.pk)
        check_unchanged(request, self._in_full(charge_point.pk))
        return charge_point

    def _in_full(self, pk: int) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=pk))


class Disconnect(Resource):
    queryset = ChargePoint.objects.all()
    serializer_class = ChargePointSerializer
    write_scope = ApiKey.Scope.OPERATE
    conflicts = {"disconnect": "`not_connected`: no socket is open."}

    @extend_schema(request=None, responses={200: ChargePointSerializer})
    def disconnect(self, request: Request, identity: str) -> Response:
        """Close a charge point's open socket; it may connect again at once."""
        refuse_unknown(request, set())
        found = find_charge_point(identity)
        if not disconnecting.disconnect(found, by=requester(request)):
            raise Problem(409, "not_connected", f"{found.identity} has no open socket")
        return Response(self.get_serializer(charge_points_in_full().get(pk=found.pk)).data)


def already_exists(identity: str) -> Problem:
    return Problem(
        409,
        "already_exists",
        f"{identity} is already registered, in this or another case",
        [{"pointer": "/identity", "message": "taken"}],
    )
