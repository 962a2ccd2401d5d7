"""Turns a large table into a partitioned one while chargers write to it."""

from typing import Any

from django.db import DatabaseError
from django.db.migrations.operations.base import Operation, OperationCategory

from chargepoints.database import partitions
from chargepoints.database.partitions import name_of, quoted

_KIND = "SELECT relkind FROM pg_class WHERE oid = %s::regclass"
_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'f', 'u', 'c') ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid), EXISTS (
    SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u')
)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = %s::regclass ORDER BY relname
"""
_SEQUENCE = "SELECT pg_get_serial_sequence(%s, 'id')"
_GRANTS = """
SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = %s::regclass AND grantee <> relowner
"""


class PartitionWhileInUse(Operation):
    """Make a model's table the only partition of a new table of its name (PostgreSQL only).

    No row and no index is written anew, and none is read, because the partition has no bounds: it
    takes a few milliseconds, whatever the size. The models stay the same. Later,
    `partitions.cut` ends it. The migration needs `atomic = False`; what is partitioned
    already is left as it is, so the migration may be interrupted and run again.

    Undoing the migration leaves it partitioned: for older versions it is a table like any other.
    """

    reversible = True
    reduces_to_sql = False
    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    @property
    def model_name_lower(self) -> str:
        return self.model_name.lower()

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_KIND, [quoted(table)])
            if cursor.fetchone()[0] == "p":
                return
        if not partitions.briefly(
            table, lambda cursor: _wrap(cursor, table), referenced="ACCESS EXCLUSIVE"
        ):
            raise DatabaseError(f"{table} was in use all the time: run the migration again")

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        pass

    def describe(self) -> str:
        return f"Partition the table of {self.model_name}"


def _wrap(cursor: Any, table: str) -> None:
    """Only the catalogue changes; names, constraints, indexes and grants are those of before."""
    constraints = _all(cursor, _CONSTRAINTS, table)
    indexes = _all(cursor, _INDEXES, table)
    grants = _all(cursor, _GRANTS, table)
    old = name_of(table, 0)
    cursor.execute(f"ALTER TABLE {quoted(table)} RENAME TO {quoted(old)}")
    for name, _, _ in indexes:
        cursor.execute(f"ALTER INDEX {quoted(name)} RENAME TO {quoted(name_of(name, 0))}")
    cursor.execute(
        f"CREATE TABLE {quoted(table)} (LIKE {quoted(old)} INCLUDING ALL EXCLUDING INDEXES"
        " EXCLUDING CONSTRAINTS EXCLUDING IDENTITY) PARTITION BY RANGE (id)"
    )
    _hand_sequence_over(cursor, old, table)
    for name, definition in constraints:
        cursor.execute(f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition}")
    for _, definition, is_of_constraint in indexes:
        if not is_of_constraint:
            cursor.execute(definition)
    for privilege, role in grants:
        cursor.execute(f"GRANT {privilege} ON {quoted(table)} TO {role}")
    cursor.execute(
        f"ALTER TABLE {quoted(table)} ATTACH PARTITION {quoted(old)}"
        " FOR VALUES FROM (MINVALUE) TO (MAXVALUE)"
    )


def _hand_sequence_over(cursor: Any, old: str, table: str) -> None:
    """A partitioned table has no identity column before PostgreSQL 17, so its id has a default."""
    ((sequence,),) = _all(cursor, _SEQUENCE, old)
    cursor.execute(f"SELECT last_value + is_called::int FROM {sequence}")  # noqa: S608
    following = cursor.fetchone()[0]
    cursor.execute(f"ALTER TABLE {quoted(old)} ALTER COLUMN id DROP IDENTITY")
    cursor.execute(
        f"CREATE SEQUENCE {sequence} AS bigint START WITH {following} OWNED BY {quoted(table)}.id"
    )
    cursor.execute(f"ALTER TABLE {quoted(table)} ALTER COLUMN id SET DEFAULT nextval('{sequence}')")


def _all(cursor: Any, query: str, table: str) -> list[tuple[Any, ...]]:
    cursor.execute(query, [quoted(table)])
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
