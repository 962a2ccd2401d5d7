"""Texts compared in any case, as an index on UPPER(column) has them.

Django's `iexact` is a LIKE on SQLite, which uses no index, and refuses patterns of 50,000
characters: what a charger sent as its token would look like a database that is away.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Upper

Rows = TypeVar("Rows", bound=Model)


def in_any_case(rows: QuerySet[Rows], **texts: str) -> QuerySet[Rows]:
    """The rows that have these texts, by field, in any case."""
    for name, text in texts.items():
        rows = rows.alias(**{f"{name}_upper": Upper(name)}).filter(
            **{f"{name}_upper": Upper(Value(text))}
        )
    return rows
