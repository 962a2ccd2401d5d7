"""The gateway's own tokens, and cached decisions of core about others."""

from typing import Any

import django_filters
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import Resource
from chargepoints.api.entity_tags import check_unchanged, tagged
from chargepoints.api.errors import Problem
from chargepoints.api.fields import StrictModel
from chargepoints.models import IdToken

SETTABLE = ["value", "type", "status", "group_id_token", "expires_at", "personal_message"]


class IdTokenSerializer(StrictModel):
    """A token. `source`: the gateway's `own`, or a cached decision of `core`."""

    class Meta:
        model = IdToken
        fields = [
            "id",
            *SETTABLE,
            "source",
            "decided_at",
            "fresh_until",
            "created_at",
        ]
        read_only_fields = ["source", "decided_at", "fresh_until", "created_at"]
        # Unique in any case; only the database can check this without a race.
        validators: list[Any] = []


class IdTokenFilters(django_filters.FilterSet):
    value = django_filters.CharFilter(lookup_expr="iexact", label="In any case.")

    class Meta:
        model = IdToken
        fields = ["type", "status", "source", "group_id_token"]


class IdTokens(Resource):
    """Tokens, the newest first. Cached decisions of core can be read and deleted, not changed."""

    queryset = IdToken.objects.all()
    serializer_class = IdTokenSerializer
    filterset_class = IdTokenFilters
    conflicts = {
        "create": "`already_exists`: the value exists with this type, in this or another case.",
        "update": "`already_exists`, or `cached_decision`: it is core's, not the gateway's own.",
    }

    def create(self, request: Request) -> Response:
        """Register one of the gateway's own tokens."""
        response = tagged(self._save(self.get_serializer(data=request.data)), status=201)
        response["Location"] = f"{request.path}/{response.data['id']}"
        return response

    def update(self, request: Request, pk: int) -> Response:
        """Replace a token; missing fields get their defaults."""
        with transaction.atomic():
            token = get_object_or_404(IdToken.objects.select_for_update(no_key=True), pk=pk)
            if token.source != IdToken.Source.OWN:
                raise Problem(409, "cached_decision", "it is core's decision; delete it instead")
            check_unchanged(request, self.get_serializer(token))
            return tagged(self._save(self.get_serializer(token, data=request.data)))

    def destroy(self, request: Request, pk: int) -> Response:
        """Delete one of the gateway's own tokens, or a cached decision of core."""
        with transaction.atomic():
            token = get_object_or_404(IdToken.objects.select_for_update(no_key=True), pk=pk)
            check_unchanged(request, self.get_serializer(token))
            token.delete()
        return Response(status=204)

    def _save(self, serializer: Any) -> Any:
        serializer.is_valid(raise_exception=True)
        blank = IdToken()
        left_out = set(SETTABLE) - set(serializer.validated_data)
        defaults = {name: getattr(blank, name) for name in left_out}
        try:
            with transaction.atomic():
                serializer.save(**defaults)
        except IntegrityError:
            raise Problem(409, "already_exists", "this token is already registered") from None
        return serializer
