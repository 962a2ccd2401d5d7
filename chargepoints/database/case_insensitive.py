"""Case-insensitive comparison that uses an index on UPPER(column).

Django's `iexact` is a LIKE on SQLite. It uses no index, and it fails for patterns of 50,000
characters: a very long token of a charger would look like a database outage.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Upper

Rows = TypeVar("Rows", bound=Model)


def filter_ignoring_case(rows: QuerySet[Rows], **texts: str) -> QuerySet[Rows]:
    """The rows whose fields equal these texts, ignoring case."""
    for name, text in texts.items():
        rows = rows.alias(**{f"{name}_upper": Upper(name)}).filter(
            **{f"{name}_upper": Upper(Value(text))}
        )
    return rows
