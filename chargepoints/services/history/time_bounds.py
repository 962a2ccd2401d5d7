"""Finds rows by time without an index on the time, in tables whose keys follow the time."""

from datetime import datetime

from django.db.models import Max, Min, Model


def first_id_since(
    model: type[Model], field: str, moment: datetime, *, precise_to: float = 0.0
) -> int:
    """The first key whose row is of `moment` or later; a binary search, some twenty queries.

    With `precise_to` fewer: the result may be off by this share of the later keys.
    """
    rows = model._default_manager.order_by("pk")
    bounds = model._default_manager.aggregate(first=Min("pk"), last=Max("pk"))
    if bounds["first"] is None:
        return 0
    low, high = int(bounds["first"]), int(bounds["last"]) + 1
    end = high
    while high - low > precise_to * (end - high):
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle).values_list("pk", field).first()
        if found is None or (found[1] is not None and found[1] >= moment):
            high = middle
        else:
            low = int(found[0]) + 1
    return low
