"""A filter by a span of time, in the page's time zone; a date without a time is the whole day."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter

from chargepoints.services.history.time_bounds import first_id_since

LAST = time(23, 59, 59, 999999)
SHORTEST = timedelta(microseconds=1)


class TimeRange(RangeDateTimeFilter):
    """unfold's own reads times without a zone as UTC, and ignores a date without a time."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self._between(queryset, self._moment("from", time.min), self._moment("to", LAST))

    def _between(
        self, queryset: QuerySet[Any], begin: datetime | None, end: datetime | None
    ) -> QuerySet[Any]:
        if begin is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": begin})
        if end is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lte": end})
        return queryset

    def _moment(self, which: str, otherwise: time) -> datetime | None:
        """None if it is missing or not a date."""
        said = [self.used_parameters.get(f"{self.parameter_name}_{which}_{n}") for n in (0, 1)]
        try:
            day = date.fromisoformat(said[0] or "")
            at = time.fromisoformat(said[1]) if said[1] else otherwise
        except ValueError:
            return None
        return timezone.make_aware(datetime.combine(day, at.replace(tzinfo=None)))


class KeyTimeRange(TimeRange):
    """For a history whose keys follow this time: it needs no index on the time."""

    def _between(
        self, queryset: QuerySet[Any], begin: datetime | None, end: datetime | None
    ) -> QuerySet[Any]:
        model, name = queryset.model, str(self.parameter_name)
        if begin is not None:
            queryset = queryset.filter(pk__gte=first_id_since(model, name, begin))
        if end is not None:
            queryset = queryset.filter(pk__lt=first_id_since(model, name, end + SHORTEST))
        return queryset
