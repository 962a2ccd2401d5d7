"""Search in tables that grow without end, at a cost that does not grow.

An OR over the charge point's columns and the row's own makes a database read the whole table. So
the charge point is searched first. Only if there is none are the row's own columns searched; those
without an index only among the latest rows.
"""

from typing import Any

from django.db.models import AutoField, Max, Q, QuerySet
from django.db.models.functions import Lower, Upper

from chargepoints.models import ChargePoint

# How many of the latest rows are searched by columns without an index.
LATEST = 100_000
MOST_CHARGE_POINTS = 50


class BoundedSearch:
    """For a ModelAdmin. `search_fields` are the row's own columns; `=` compares the whole value.

    `search_indexed`: those of them with an index on `Upper`, for a search in any case.
    `search_place`: the path to the charge point.
    """

    search_place = "charge_point"
    search_indexed: tuple[str, ...] = ()

    def get_search_results(
        self, request: Any, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if places := charge_points_called(term):
            return queryset.filter(**{f"{self.search_place}__in": places}), False
        for name in self.search_indexed:
            found = queryset.alias(raised=Upper(name)).filter(raised=term.upper())
            if found.exists():
                return found, False
        own: tuple[str, ...] = getattr(self, "search_fields", ())
        columns = [name for name in own if name.lstrip("=") not in self.search_indexed]
        if not columns:
            return queryset.none(), False
        matches = Q()
        for name in columns:
            exact = name.startswith("=")
            matches |= Q(**{name.lstrip("=") if exact else f"{name}__icontains": term})
        rows = queryset.model._default_manager
        if isinstance(queryset.model._meta.pk, AutoField):  # UUIDs, as of commands, have no order
            last = rows.aggregate(last=Max("pk"))["last"] or 0
            matches &= Q(pk__gt=last - LATEST)
        return queryset.filter(matches), False


def charge_points_called(term: str) -> list[int]:
    """By the whole identity, name or serial number, in any case."""
    rows = ChargePoint.objects.alias(lowered=Lower("identity"))
    exact = list(rows.filter(lowered=term.lower()).values_list("pk", flat=True))
    if exact:
        return exact
    named = ChargePoint.objects.filter(Q(name__iexact=term) | Q(serial_number__iexact=term))
    return list(named.values_list("pk", flat=True)[:MOST_CHARGE_POINTS])
