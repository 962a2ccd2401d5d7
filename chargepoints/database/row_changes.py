"""Single rows written without the ORM's composing: a new one, or what has changed of a known one.

A row that a process remembers may have been changed by others meanwhile. So it is changed only if
it is still what is remembered in the columns that others change; the statement's count of rows
tells (`UnitOfWork.expect`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import compress
from operator import is_not, itemgetter
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

from chargepoints.database import statements
from chargepoints.database.statements import Conversion

Model = TypeVar("Model", bound=models.Model)
Names = tuple[str, ...]

# What was known of the row, by attribute; and what has been written of it since.
_KNOWN, _WRITTEN = "_known", "_written"


def stored(model: type[Model], attributes: dict[str, Any]) -> Model:
    """A row that was read from the database, made without Django's loop over its fields."""
    row = model.__new__(model)
    attributes["_state"] = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    row.__dict__ = attributes
    return row


def new(model: type[Model], **attributes: Any) -> Model:
    """A row that is not stored yet, as the model makes it, without the loop over its fields."""
    constant, made = _defaults(model)
    values = constant | {name: make() for name, make in made}
    row = stored(model, values | attributes)
    row._state.adding, row._state.db = True, None
    return row


def editable(row: Model) -> Model:
    """A copy to be changed, which remembers what it was; `row` stays as it is."""
    return stored(type(row), {**row.__dict__, _KNOWN: row.__dict__, _WRITTEN: {}})


def insert(row: models.Model) -> None:
    """Insert a new row at once, so that it has its primary key; it may be changed afterwards."""
    model, vendor = type(row), statements.vendor()
    values = _new(model, vendor).values(row.__dict__)
    [(row.pk,)] = statements.fetch_all(_insert_text(model, vendor), values)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    _remember(row)


def insert_once(row: models.Model) -> bool:
    """Write a new row at once, unless one with the same unique values exists; whether it did so."""
    model, vendor = type(row), statements.vendor()
    values = _new(model, vendor).values(row.__dict__)
    text = _insert_text(model, vendor, unless_known=True)
    return bool(statements.fetch_all(text, values))


class Update:
    """Writes these columns of a row, if those that others change are still as they were known."""

    def __init__(self, model: type[models.Model], changed: Names, unless_changed: Names) -> None:
        self.changed = changed
        self._model = model
        self._unless_changed = unless_changed
        self._texts: dict[int, str] = {}

    def send(self, rows: Sequence[Sequence[Any]]) -> statements.Sent:
        """Write these rows: of each its values as `change` gives them, and no row twice."""
        return statements.send_at_once(self._text, rows)

    @cached_property
    def columns(self) -> tuple["Columns", "Columns"]:
        """The key and those that it writes; and those that must be as they were known."""
        vendor = statements.vendor()
        by_attribute = {column.attribute: column for column in _new(self._model, vendor).all}
        key = Column.of(self._model._meta.pk, vendor)
        changed = [by_attribute[name] for name in self.changed]
        guards = [by_attribute[name] for name in self._unless_changed]
        return Columns([key, *changed]), Columns(guards)

    def _text(self, rows: int) -> str:
        text = self._texts.get(rows)
        if text is None:
            text = self._texts[rows] = _update_text(self._model, *self.columns, rows)
        return text


# One for each that is the same: it is looked up by itself, and not by forty names.
_update = cache(Update)


class Usual:
    """Columns of which some are written with nearly every message, and then all of them: one text.

    Where nothing else is written, `unless_changed` is all that must be as it was known.
    """

    def __init__(
        self, model: type[models.Model], *columns: str, unless_changed: Names = ()
    ) -> None:
        self.columns = columns
        self.names = frozenset(columns)
        self.update = Update(model, columns, unless_changed)
        self.values = itemgetter(*columns)
        others = (field.attname for field in model._meta.concrete_fields)
        self.other_values = itemgetter(*(name for name in others if name not in self.names))


def change(
    row: models.Model, *, unless_changed: Names, usual: Usual | None = None
) -> tuple[Update, list[Any]] | None:
    """What writes the changes of an editable row, with its values; None if nothing has changed."""
    now, known, written = row.__dict__, row.__dict__[_KNOWN], row.__dict__[_WRITTEN]
    if written:
        known = known | written
    if usual is not None and usual.other_values(now) == usual.other_values(known):
        if usual.values(now) == usual.values(known):
            return None
        update = usual.update
    else:
        changed = _differing(known, now)
        if not changed:
            return None
        if usual is not None and not usual.names.isdisjoint(changed):
            others = (name for name in changed if name not in usual.names)
            changed = (*usual.columns, *others)
        update = _update(type(row), changed, unless_changed)
    columns, guards = update.columns
    values = [*columns.values(now), *guards.values(known)]
    for name in update.changed:
        written[name] = now[name]
    return update, values


def write(row: models.Model, unless_changed: Names = ()) -> bool:
    """Save a row at once (if it is editable, its changed columns); whether it was there."""
    if _KNOWN not in row.__dict__:
        row.save()
        return True
    changed = change(row, unless_changed=unless_changed)
    return changed is None or changed[0].send([changed[1]]).rowcount() == 1


def put(row: models.Model, values: Mapping[str, Any]) -> None:
    """Write these values at once: what has changed of an editable row, or all of a new one."""
    for name, value in values.items():
        setattr(row, name, value)
    if row._state.adding:
        insert(row)
    else:
        write(row)


def settled(row: models.Model) -> None:
    """It is committed as it is: what it was need not be kept."""
    row.__dict__.pop(_KNOWN, None)
    row.__dict__.pop(_WRITTEN, None)


def _remember(row: models.Model) -> None:
    settled(row)
    row.__dict__.update({_KNOWN: dict(row.__dict__), _WRITTEN: {}})


def _differing(known: dict[str, Any], now: dict[str, Any]) -> Names:
    """The attributes that are not what was known: of forty, hardly any.

    `now` was a copy of `known`, so both have them in the same order.
    """
    others = compress(known, map(is_not, now.values(), known.values()))
    return tuple([name for name in others if now[name] != known[name] and name != "_state"])


class Column(NamedTuple):
    attribute: str
    name: str
    conversion: Conversion | None
    type: str

    @classmethod
    def of(cls, field: "models.Field[Any, Any]", vendor: str) -> "Column":
        return cls(
            field.attname,
            connection.ops.quote_name(str(field.column)),
            statements.conversion(field, vendor),
            # A cast to a type with a length would cut the text.
            "text" if isinstance(field, models.CharField) else str(field.db_type(connection)),
        )


class Columns:
    """Some columns of a row, and their values as the driver takes them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.all = columns
        names = [column.attribute for column in columns]
        self._read: Callable[[dict[str, Any]], Iterable[Any]] = (
            itemgetter(*names)
            if len(names) > 1
            else lambda attributes: [attributes[name] for name in names]
        )
        self._conversions = [
            (place, column.conversion)
            for place, column in enumerate(columns)
            if column.conversion is not None
        ]

    def values(self, attributes: dict[str, Any]) -> list[Any]:
        values = list(self._read(attributes))
        for place, convert in self._conversions:
            values[place] = convert(values[place])
        return values


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """The default of each attribute, or the function that makes it."""
    constant, made = {}, []
    for field in model._meta.concrete_fields:
        if field.has_default() and callable(field.default):
            made.append((field.attname, field.default))
        else:
            constant[field.attname] = field.get_default()
    return constant, made


@cache
def _new(model: type[models.Model], vendor: str) -> Columns:
    return Columns(
        [
            Column.of(field, vendor)
            for field in model._meta.local_concrete_fields
            if not field.primary_key
        ]
    )


@cache
def _insert_text(model: type[models.Model], vendor: str, *, unless_known: bool = False) -> str:
    names = [column.name for column in _new(model, vendor).all]
    columns, marks = ", ".join(names), ", ".join(["%s"] * len(names))
    table, key = model._meta.db_table, model._meta.pk.column
    unless = "ON CONFLICT DO NOTHING " if unless_known else ""
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) {unless}RETURNING {key}"  # noqa: S608


def _update_text(model: type[models.Model], written: Columns, guards: Columns, rows: int) -> str:
    """For so many rows: each of its values, in the order of `change`, is a column of `v`."""
    on_sqlite = statements.vendor() == "sqlite"
    same = "IS" if on_sqlite else "IS NOT DISTINCT FROM"
    columns = [*written.all, *guards.all]
    # PostgreSQL takes the types of the columns from the first row.
    first = ", ".join(f"CAST(%s AS {column.type})" for column in columns)
    others = ", ".join(["%s"] * len(columns))
    if on_sqlite:
        first = others
    values = ", ".join([f"({first})", *[f"({others})"] * (rows - 1)])
    pairs = [(column.name, f"v.column{at}") for at, column in enumerate(columns, start=1)]
    assignments = ", ".join(f"{name} = {value}" for name, value in pairs[1 : len(written.all)])
    conditions = [f"t.{pairs[0][0]} = {pairs[0][1]}"]
    conditions += [f"t.{name} {same} {value}" for name, value in pairs[len(written.all) :]]
    return (  # only names of columns and placeholders go into the text
        f"UPDATE {model._meta.db_table} AS t SET {assignments}"  # noqa: S608
        f" FROM (VALUES {values}) AS v WHERE {' AND '.join(conditions)}"
    )
