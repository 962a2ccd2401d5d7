"""Queries that run for every message: written with the ORM, and compiled only once.

The ORM takes ten times as long to compile such a query as the database to answer it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Any, Generic, TypeVar

import orjson
from django.db import connection, models
from django.db.models.expressions import Col, Expression
from django.db.models.query import QuerySet

from chargepoints.database import row_changes, statements

Row = TypeVar("Row")
Convert = Callable[[Any], Any]


class Parameter(Expression):
    """A placeholder in a queryset for a value that is given when the query runs; never None.

    It is compared unchanged: lookups that convert their value, such as `iexact`, do not work.
    """

    def __init__(self, place: int) -> None:
        super().__init__(output_field=models.Field())
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class PreparedQuery(Generic[Row]):
    """`compose` takes the parameters and returns the queryset.

    Rows are the queryset's: instances of the model, or the tuples of `values_list`. Foreign keys
    are not followed: `select_related` and `only` are not supported.
    """

    def __init__(self, compose: Callable[..., QuerySet[Any, Row]]) -> None:
        self.compose = compose
        self._composed: dict[tuple[str, bool], _Composed] = {}

    def all(self, *values: Any) -> list[Row]:
        composed = self._on_this_database(len(values), only_first=False)
        rows = statements.fetch_all(composed.sql, composed.parameters(values))
        return [composed.row(row) for row in rows]

    def first(self, *values: Any) -> Row | None:
        composed = self._on_this_database(len(values), only_first=True)
        row = statements.fetch_one(composed.sql, composed.parameters(values))
        found: Row | None = None if row is None else composed.row(row)
        return found

    def one(self, *values: Any) -> Row:
        """The row, which must exist. Raises LookupError."""
        found = self.first(*values)
        if found is None:
            raise LookupError(f"no row is found by {values}")
        return found

    def exists(self, *values: Any) -> bool:
        composed = self._on_this_database(len(values), only_first=True)
        return statements.fetch_one(composed.sql, composed.parameters(values)) is not None

    def _on_this_database(self, count: int, *, only_first: bool) -> "_Composed":
        kind = (statements.vendor(), only_first)
        composed = self._composed.get(kind)
        if composed is None:
            queryset = self.compose(*(Parameter(place) for place in range(count)))
            if only_first and not queryset.query.is_sliced:
                queryset = queryset[:1]
            composed = self._composed[kind] = _Composed(queryset)
        return composed


class _Composed:
    """A compiled queryset: its SQL, its parameters, and the conversion of its rows."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, given = compiler.as_sql()
        # psycopg would send the name of an enumeration member.
        self._given = [each.value if isinstance(each, Enum) else each for each in given]
        columns = [column for column, _, _ in compiler.select]
        converters = compiler.get_converters(columns)
        self._converters: list[tuple[int, Convert]] = [
            (place, _conversion(converter, expression))
            for place, (functions, expression) in converters.items()
            for converter in functions
        ]
        self._model = queryset.model
        self._names: Sequence[str] | None = None
        if not queryset.query.has_select_fields:
            self._names = [column.target.attname for column in columns]

    def parameters(self, values: Sequence[Any]) -> list[Any]:
        return [values[given.place] if type(given) is Parameter else given for given in self._given]

    def row(self, row: Sequence[Any]) -> Any:
        values = list(row)
        for place, convert in self._converters:
            values[place] = convert(values[place])
        if self._names is None:
            return tuple(values)
        return row_changes.stored(self._model, dict(zip(self._names, values, strict=True)))


# SQLite stores booleans as integers; None stays None.
_BOOLEANS: dict[Any, bool] = {0: False, 1: True}


def _conversion(converter: Callable[..., Any], expression: Any) -> Convert:
    convert = partial(_convert, converter, expression)
    if isinstance(expression, Col) and isinstance(expression.target, models.JSONField):
        return _json if expression.target.decoder is None else convert
    if converter == getattr(connection.ops, "convert_booleanfield_value", None):
        return _BOOLEANS.get
    if converter != getattr(connection.ops, "convert_datetimefield_value", None):
        return convert
    # SQLite stores UTC. Django's converter reads its settings for each value, which is slow.
    return lambda value: value.replace(tzinfo=UTC) if type(value) is datetime else convert(value)


def _json(value: Any) -> Any:
    if value == "[]":
        return []  # the most frequent value
    try:
        return None if value is None else orjson.loads(value)
    except orjson.JSONDecodeError:  # NaN, which the standard library reads and orjson does not
        return json.loads(value)


def _convert(converter: Callable[..., Any], expression: Any, value: Any) -> Any:
    return converter(value, expression, connection)
