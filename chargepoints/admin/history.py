"""What all pages of history have in common: nothing can be changed, and nothing is counted twice.

The tables of history grow without end, so a page of them may cost no more than a page.
"""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

COUNTED_AT_MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg] # only the stubs are generic
    """Counts no further than COUNTED_AT_MOST: older rows are found by filter or search."""

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by()[:COUNTED_AT_MOST].count()
        return len(self.object_list)


class HistoryList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count  # so the way back to all is not offered


class HistoryAdmin(ModelAdmin):
    """A list and a page of rows that only the gateway writes."""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    list_fullwidth = True
    paginator = CappedPaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HistoryList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
