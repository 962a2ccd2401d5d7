"""The query parameters that filter lists. Unknown names and invalid values get a 400."""

from datetime import datetime
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from chargepoints.api import fields
from chargepoints.api.errors import InvalidParameters
from chargepoints.services.stations import registry

PAGE_PARAMETERS = frozenset({"cursor", "limit"})


class FilterBackend(DjangoFilterBackend):
    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        of_page = PAGE_PARAMETERS if view.pagination_class else frozenset()
        refuse_unknown(request, of_page | set(filterset.filters if filterset else ()))
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidParameters(filterset.errors)
        return filterset.qs


def refuse_unknown(request: Request, known: frozenset[str] | set[str]) -> None:
    """Refuse misspelt or empty parameters, which would return everything, and repeated ones.

    Raises InvalidParameters.
    """
    wrong = {name: ["no such parameter"] for name in sorted(set(request.query_params) - known)}
    for name, values in request.query_params.lists():
        if "" in values:
            wrong.setdefault(name, ["is empty"])
        elif len(values) > 1:
            wrong.setdefault(name, ["is given more than once"])
    if wrong:
        raise InvalidParameters(wrong)


class TimeField(IsoDateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        moment = fields.read_time(str(value))
        if moment is None:
            raise ValidationError("not an RFC 3339 time, e.g. 2026-11-22T08:00:00Z")
        return moment


class FlagField(forms.NullBooleanField):
    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if value not in ("true", "false"):
            raise ValidationError("must be true or false")
        return bool(value == "true")


# The largest number of a database column.
LARGEST_NUMBER = 2**63 - 1


class NumberField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "min_value": 0, "max_value": LARGEST_NUMBER})


class TimeFilter(django_filters.IsoDateTimeFilter):
    field_class = TimeField


class FlagFilter(django_filters.BooleanFilter):
    field_class = FlagField


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER})
class NumberFilter(django_filters.NumberFilter):
    field_class = NumberField  # type: ignore[assignment]


class OfChargePointFilters(django_filters.FilterSet):
    """For rows that belong to a charge point."""

    charge_point = django_filters.CharFilter(
        method="of_charge_point", label="The charge point's identity, in any case."
    )
    site = django_filters.CharFilter(field_name="charge_point__site")
    external_id = django_filters.CharFilter(
        field_name="charge_point__external_id", label="Core's own key of the charge point."
    )

    def of_charge_point(self, queryset: QuerySet[Any], name: str, identity: str) -> QuerySet[Any]:
        charge_point = registry.find(identity)
        return queryset.filter(charge_point=charge_point) if charge_point else queryset.none()


@cache
def of_one_charge_point(filters: type[OfChargePointFilters]) -> type[OfChargePointFilters]:
    """The same without filters by charge point, because the path contains it."""
    meant_for_all = dict.fromkeys(("charge_point", "site", "external_id"))
    return type(f"{filters.__name__}OfOne", (filters,), meant_for_all)


def since(field_name: str) -> TimeFilter:
    return TimeFilter(field_name=field_name, lookup_expr="gte", label=f"`{field_name}` from then.")


def until(field_name: str) -> TimeFilter:
    return TimeFilter(field_name=field_name, lookup_expr="lt", label=f"`{field_name}` before then.")
