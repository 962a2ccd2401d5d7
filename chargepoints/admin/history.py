"""What all pages of history share: nothing can be changed, and nothing is counted twice.

The tables of history grow without end, so the cost of a page must not grow with them.
"""

import re
from functools import cached_property
from typing import Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from chargepoints.admin import times
from chargepoints.models import ChargePoint

COUNTED_AT_MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg] # only the stubs are generic
    """Counts up to COUNTED_AT_MOST: use a filter or the search to find older rows."""

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by().values("pk")[:COUNTED_AT_MOST].count()
        return len(self.object_list)

    @property
    def is_capped(self) -> bool:
        """Whether there may be more than were counted."""
        return self.count >= COUNTED_AT_MOST


def count_of(rows: QuerySet[Any], of: str) -> Coalesce:
    """The number of `rows` of each outer row, whose key is in their column `of`.

    A subquery is executed for the rows of one page; a join would count for the whole table.
    """
    mine = rows.filter(**{of: OuterRef("pk")}).order_by().values(of)
    return Coalesce(Subquery(mine.annotate(counted=Count("*")).values("counted")), 0)


class HistoryList(ChangeList):
    def get_ordering_field(self, field_name: str) -> Any:
        """None for columns without a link to sort by, because sorting by address is as slow."""
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count  # hides the link to all rows


def is_polled(request: HttpRequest) -> bool:
    """Whether a page refreshes a part of itself, rather than a user opening it."""
    return "HX-Request" in request.headers


def _of_one(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("charge_point__id__exact", "")
    if not re.fullmatch("[0-9]{1,18}", asked):
        return {}
    charge_point = ChargePoint.objects.filter(pk=asked).first()
    if charge_point is None or not request.user.has_perm("chargepoints.view_chargepoint"):
        return {}
    may_change = request.user.has_perm("chargepoints.change_chargepoint")
    return {"charge_point": charge_point, "may_change": may_change}


class HistoryAdmin(ModelAdmin):
    """A list and a page for rows that only the gateway writes."""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    list_fullwidth = True
    paginator = CappedPaginator
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_before_template = "admin/chargepoints/chargepoint/list_tabs.html"
    # Any other order would sort the whole table first.
    sortable_by: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HistoryList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """If it is filtered by one charge point, show its tabs, and times in its site's zone."""
        context = {**(extra_context or {}), **_of_one(request)}
        if "charge_point" in context:
            times.at_site(request, context["charge_point"])
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The page of a row about a charge point shows times in its site's zone, too."""
        row = super().get_object(request, *args, **kwargs)
        charge_point = getattr(row, "charge_point", None)
        if charge_point is not None:
            times.at_site(request, charge_point)
        return row

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
