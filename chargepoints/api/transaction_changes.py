"""Transactions that have changed: a list that clients follow by positions, without gaps."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.base import ApiView
from chargepoints.api.entity_tags import page_unless_known
from chargepoints.api.errors import InvalidParameters
from chargepoints.api.fields import Integer, Strict
from chargepoints.api.filters import OfChargePointFilters, refuse_unknown
from chargepoints.api.pagination import read_limit
from chargepoints.api.positions import (
    LARGEST_POSITION,
    LIMIT_PARAMETER,
    link_after,
    read_position,
)
from chargepoints.api.transactions import TransactionSerializer
from chargepoints.models import Transaction
from chargepoints.services.history.event_feed import BeyondTheEnd
from chargepoints.services.transactions import changes


class ChangeFilters(OfChargePointFilters):
    class Meta:
        model = Transaction
        fields: list[str] = []


class ChangesPage(Strict):
    next = serializers.URLField(allow_null=True, help_text="null: there are no more changes yet")
    previous = serializers.URLField(allow_null=True, help_text="always null")
    last_position = Integer(help_text="the value of `after` for the next request")
    results = TransactionSerializer(many=True, help_text="as they are now, by their last change")


class TransactionChanges(ApiView):
    @extend_schema(
        operation_id="transactions_changes_list",
        parameters=[
            OpenApiParameter(
                "after",
                {"type": "integer", "minimum": 0, "maximum": LARGEST_POSITION},
                description="The `last_position` of the previous page, or of the event feed; "
                "without it the page is empty, with the position to continue from.",
            ),
            LIMIT_PARAMETER,
            OpenApiParameter("charge_point", str, description="Its identity, in any case."),
            OpenApiParameter("site", str),
            OpenApiParameter("external_id", str, description="Core's own key of a charge point."),
        ],
        responses={200: ChangesPage},
    )
    def get(self, request: Request) -> Response:
        """Transactions that have changed after a position; each occurs once on a page."""
        refuse_unknown(request, {"after", "limit", *ChangeFilters.base_filters})
        after = read_position(request) if "after" in request.query_params else None
        try:
            found = changes.read(after, read_limit(request))
        except (BeyondTheEnd, changes.Pruned) as error:
            raise InvalidParameters({"after": [str(error)]}) from None
        rows = Transaction.objects.select_related("charge_point").filter(pk__in=found.ids)
        narrowed = ChangeFilters(request.query_params, queryset=rows).qs
        order = {pk: place for place, pk in enumerate(found.ids)}
        changed = sorted(narrowed, key=lambda row: order[row.pk])
        return page_unless_known(
            request,
            {
                "next": link_after(request, found.last_position) if found.more else None,
                "previous": None,
                "last_position": found.last_position,
                "results": TransactionSerializer(changed, many=True).data,
            },
        )
