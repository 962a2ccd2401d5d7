"""Adds an index to a large table while chargers write to it."""

from typing import Any

from django.db import DatabaseError
from django.db.migrations.operations import AddIndex

from chargepoints.database import partitions, time_limits
from chargepoints.database.partitions import Partition


class AddIndexWhileInUse(AddIndex):
    """As AddIndex, but does not lock the table on PostgreSQL (CREATE INDEX CONCURRENTLY).

    The migration needs `atomic = False`, and may contain no other operation: an interrupted index
    remains as invalid, and is created again when the migration runs again.

    PostgreSQL does not do that with a partitioned table. So each partition gets its index, and then
    the table: that takes over those of the partitions, and builds nothing.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        with time_limits.lifted():
            if found := partitions.of(model._meta.db_table):
                self._add_to_partitions(schema_editor, model, found)
                return
            name = schema_editor.quote_name(self.index.name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = model._meta.db_table
        if partitions.of(table):
            drop = self.index.remove_sql(model, schema_editor)
            _briefly(table, str(drop))
            return
        with time_limits.lifted():
            schema_editor.remove_index(model, self.index, concurrently=True)

    def _add_to_partitions(self, schema_editor: Any, model: Any, found: list[Partition]) -> None:
        table = model._meta.db_table
        for partition in found:
            name = partitions.quoted(partitions.name_of(self.index.name, partition.begin or 0))
            if _is_valid(schema_editor, name):
                continue
            create: Any = self.index.create_sql(model, schema_editor, concurrently=True)
            create.rename_table_references(table, partition.name)
            create.parts["name"] = name
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.execute(create)
        _briefly(table, str(self.index.create_sql(model, schema_editor)))


def _is_valid(schema_editor: Any, name: str) -> bool:
    """Whether the index is there, of an earlier run or of the table already."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        return bool((cursor.fetchone() or [False])[0])


def _briefly(table: str, sql: str) -> None:
    if not partitions.briefly(table, lambda cursor: cursor.execute(sql)):
        raise DatabaseError(f"{table} was in use all the time: run the migration again")
