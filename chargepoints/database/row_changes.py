"""Writes single rows without the ORM's overhead: new ones, and changed columns of cached ones.

Others may have changed a row that a process caches. So an update applies only if the columns
that others change still have the cached values; the number of updated rows shows whether it
did (`UnitOfWork.update_if_unchanged`).
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

# The row's cached values by attribute; and those written since.
_KNOWN, _WRITTEN = "_known", "_written"


def stored(model: type[Model], attributes: dict[str, Any]) -> Model:
    """An instance of a row from the database, made without Django's loop over its fields."""
    row = model.__new__(model)
    attributes["_state"] = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    row.__dict__ = attributes
    return row


def new(model: type[Model], **attributes: Any) -> Model:
    """A new, unsaved instance with the model's defaults, made without the loop over its fields."""
    constant, made = _defaults(model)
    values = constant | {name: make() for name, make in made}
    row = stored(model, values | attributes)
    row._state.adding, row._state.db = True, None
    return row


def editable(row: Model) -> Model:
    """A copy for changes, which keeps the original values; `row` itself stays unchanged."""
    return stored(type(row), {**row.__dict__, _KNOWN: row.__dict__, _WRITTEN: {}})


def insert(row: models.Model) -> None:
    """Insert a new row at once, for its primary key; it may be changed afterwards."""
    model, vendor = type(row), statements.vendor()
    values = _new(model, vendor).values(row.__dict__)
    [(row.pk,)] = statements.fetch_all(_insert_text(model, vendor), values)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    _remember(row)


def insert_once(row: models.Model) -> bool:
    """Insert a row unless one with the same unique values exists; return whether it did."""
    model, vendor = type(row), statements.vendor()
    values = _new(model, vendor).values(row.__dict__)
    text = _insert_text(model, vendor, unless_known=True)
    return bool(statements.fetch_all(text, values))


class Update:
    """Updates columns of a row, if the columns that others change still have their known values."""

    def __init__(self, model: type[models.Model], changed: Names, unless_changed: Names) -> None:
        self.changed = changed
        self._model = model
        self._unless_changed = unless_changed
        self._texts: dict[int, str] = {}

    def send(self, rows: Sequence[Sequence[Any]]) -> statements.Sent:
        """Write these rows, each with the values from `change`; no row twice."""
        return statements.send_at_once(self._text, rows)

    @cached_property
    def columns(self) -> tuple["Columns", "Columns"]:
        """The key and the columns to write; and the columns that must be unchanged."""
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


# Cached by identity, because hashing forty names would be slow.
_update = cache(Update)


class FrequentColumns:
    """Columns that change with nearly every message. All of them are written if one has changed,
    so that there is one statement text.

    If no other column is written, only the columns `unless_changed` must be unchanged.
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
    row: models.Model, *, unless_changed: Names, frequent: FrequentColumns | None = None
) -> tuple[Update, list[Any]] | None:
    """The update for the changes of an editable row, and its values; None if nothing changed."""
    now, known, written = row.__dict__, row.__dict__[_KNOWN], row.__dict__[_WRITTEN]
    if written:
        known = known | written
    if frequent is not None and frequent.other_values(now) == frequent.other_values(known):
        if frequent.values(now) == frequent.values(known):
            return None
        update = frequent.update
    else:
        changed = _differing(known, now)
        if not changed:
            return None
        if frequent is not None and not frequent.names.isdisjoint(changed):
            others = (name for name in changed if name not in frequent.names)
            changed = (*frequent.columns, *others)
        update = _update(type(row), changed, unless_changed)
    columns, guards = update.columns
    values = [*columns.values(now), *guards.values(known)]
    for name in update.changed:
        written[name] = now[name]
    return update, values


def write(row: models.Model, unless_changed: Names = ()) -> bool:
    """Save a row at once (if it is editable, its changed columns); return whether it existed."""
    if _KNOWN not in row.__dict__:
        row.save()
        return True
    changed = change(row, unless_changed=unless_changed)
    return changed is None or changed[0].send([changed[1]]).rowcount() == 1


def save_values(row: models.Model, values: Mapping[str, Any]) -> None:
    """Set these values and save at once: the changes of an editable row, or all of a new one."""
    for name, value in values.items():
        setattr(row, name, value)
    if row._state.adding:
        insert(row)
    else:
        write(row)


def forget_original(row: models.Model) -> None:
    """Forget the original values: the row is committed as it is."""
    row.__dict__.pop(_KNOWN, None)
    row.__dict__.pop(_WRITTEN, None)


def _remember(row: models.Model) -> None:
    forget_original(row)
    row.__dict__.update({_KNOWN: dict(row.__dict__), _WRITTEN: {}})


def _differing(known: dict[str, Any], now: dict[str, Any]) -> Names:
    """The attributes that have changed; usually very few of forty.

    `now` was a copy of `known`, so both have the same order.
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
            # A cast to a type with a length would truncate the text.
            "text" if isinstance(field, models.CharField) else str(field.db_type(connection)),
        )


class Columns:
    """Some columns of a row, and the conversion of their values for the driver."""

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
    """The constant defaults by attribute, and the functions that make the other ones."""
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
    """An update of this many rows: the values of `change` become the columns of `v`."""
    on_sqlite = statements.vendor() == "sqlite"
    same = "IS" if on_sqlite else "IS NOT DISTINCT FROM"
    columns = [*written.all, *guards.all]
    # PostgreSQL determines the column types from the first row.
    first = ", ".join(f"CAST(%s AS {column.type})" for column in columns)
    others = ", ".join(["%s"] * len(columns))
    if on_sqlite:
        first = others
    values = ", ".join([f"({first})", *[f"({others})"] * (rows - 1)])
    pairs = [(column.name, f"v.column{at}") for at, column in enumerate(columns, start=1)]
    assignments = ", ".join(f"{name} = {value}" for name, value in pairs[1 : len(written.all)])
    conditions = [f"t.{pairs[0][0]} = {pairs[0][1]}"]
    conditions += [f"t.{name} {same} {value}" for name, value in pairs[len(written.all) :]]
    return (  # contains only column names and placeholders
        f"UPDATE {model._meta.db_table} AS t SET {assignments}"  # noqa: S608
        f" FROM (VALUES {values}) AS v WHERE {' AND '.join(conditions)}"
    )
