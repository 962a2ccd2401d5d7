"""Single rows written without the ORM's composing: a new one, or what has changed of a known one.

A row that a process remembers may have been changed by others meanwhile. So it is changed only if
it is still what is remembered in the columns that others change; the statement's count of rows
tells (`UnitOfWork.expect`).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

from chargepoints.database import statements
from chargepoints.database.statements import Conversion

Model = TypeVar("Model", bound=models.Model)
Names = tuple[str, ...]

_KNOWN = "_known"


def editable(row: Model) -> Model:
    """A copy to be changed, which remembers what it was; `row` stays as it is."""
    copy = type(row).__new__(type(row))
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    copy.__dict__.update(row.__dict__)
    copy.__dict__["_state"] = state
    copy.__dict__[_KNOWN] = row.__dict__
    return copy


def insert(row: models.Model) -> None:
    """Write a new row at once; it has its primary key then, and may be changed further."""
    model, vendor = type(row), statements.vendor()
    values = _values(row.__dict__, _new(model, vendor))
    [(row.pk,)] = statements.fetch_all(_insert_text(model, vendor), values)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    _remember(row)


class Usual(NamedTuple):
    """Columns of which some are written with nearly every message, and then all of them: one text.

    Where nothing else is written, `unless_changed` is all that must be as it was known.
    """

    columns: frozenset[str]
    unless_changed: Names


_NOTHING_USUAL = Usual(frozenset(), ())


def change(
    row: models.Model, *, unless_changed: Names, usual: Usual = _NOTHING_USUAL
) -> tuple[str, list[Any]] | None:
    """The statement that writes what has changed of an editable row; None if nothing has.

    It hits no row if one of the columns `unless_changed` is not what was known.
    """
    known, now = row.__dict__[_KNOWN], row.__dict__
    changed: Names = tuple(
        name
        for name in _attributes(type(row))
        if (is_now := now[name]) is not (was := known[name]) and is_now != was
    )
    if not changed:
        return None
    if usual.columns.issuperset(changed):
        changed, unless_changed = tuple(usual.columns), usual.unless_changed
    elif not usual.columns.isdisjoint(changed):
        changed = (*usual.columns, *(name for name in changed if name not in usual.columns))
    sql, columns, guards = _update_text(type(row), changed, unless_changed, statements.vendor())
    values = [*_values(now, columns), row.pk, *_values(known, guards)]
    _remember(row)
    return sql, values


def write(row: models.Model, unless_changed: Names = ()) -> bool:
    """At once: of an editable row what has changed, of any other all; whether a row was hit."""
    if _KNOWN not in row.__dict__:
        row.save()
        return True
    changed = change(row, unless_changed=unless_changed)
    return changed is None or statements.execute_many(changed[0], [changed[1]]) == 1


def settled(row: models.Model) -> None:
    """It is committed as it is: what it was need not be kept."""
    row.__dict__.pop(_KNOWN, None)


def _remember(row: models.Model) -> None:
    settled(row)
    row.__dict__[_KNOWN] = dict(row.__dict__)


class Column(NamedTuple):
    attribute: str
    name: str
    conversion: Conversion | None


Columns = Sequence[Column]


def _values(attributes: dict[str, Any], columns: Columns) -> list[Any]:
    return [
        conversion(attributes[attribute]) if conversion else attributes[attribute]
        for attribute, _, conversion in columns
    ]


@cache
def _new(model: type[models.Model], vendor: str) -> Columns:
    return [
        Column(
            field.attname,
            connection.ops.quote_name(str(field.column)),
            statements.conversion(field, vendor),
        )
        for field in model._meta.local_concrete_fields
        if not field.primary_key
    ]


@cache
def _attributes(model: type[models.Model]) -> Sequence[str]:
    return [column.attribute for column in _new(model, statements.vendor())]


@cache
def _insert_text(model: type[models.Model], vendor: str) -> str:
    columns = ", ".join(column.name for column in _new(model, vendor))
    marks = ", ".join(["%s"] * len(_new(model, vendor)))
    table, key = model._meta.db_table, model._meta.pk.column
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING {key}"  # noqa: S608


@cache
def _update_text(
    model: type[models.Model], changed: Names, unless_changed: Names, vendor: str
) -> tuple[str, Columns, Columns]:
    same = "IS %s" if vendor == "sqlite" else "IS NOT DISTINCT FROM %s"
    by_attribute = {column.attribute: column for column in _new(model, vendor)}
    columns = [by_attribute[name] for name in changed]
    guards = [by_attribute[name] for name in unless_changed]
    assignments = ", ".join(f"{column.name} = %s" for column in columns)
    conditions = "".join(f" AND {column.name} {same}" for column in guards)
    table, key = model._meta.db_table, model._meta.pk.column
    text = f"UPDATE {table} SET {assignments} WHERE {key} = %s{conditions}"  # noqa: S608
    return text, columns, guards
