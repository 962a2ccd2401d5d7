"""P16: from the first release on no migration holds a table of history up: chargers write to it."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from chargepoints.database.alter_texts import AlterTexts
from chargepoints.database.index_while_in_use import AddIndexWhileInUse
from chargepoints.database.partition_while_in_use import PartitionWhileInUse
from tests.connect_site.released_state import RELEASED

HISTORY = {
    "command", "connection", "deadletter", "delivery", "event", "handshakerefusal", "message",
    "metervalue", "monitoringevent", "securityevent", "statuschange", "tokendecision",
    "transaction", "transactionevent",
}  # fmt: skip
REFUSED: dict[type[Operation], str] = {
    operations.AddIndex: "it locks the table while the index is made: AddIndexWhileInUse",
    operations.AddConstraint: "it reads the whole table under a lock",
    operations.AlterUniqueTogether: "it makes an index while the table is locked",
}
IN_PASSING = "one operation on its own, in a migration with `atomic = False`"


def locks(operation: Operation, migration: Migration, before: ProjectState) -> str:
    """Why an operation would hold up a large table on PostgreSQL; empty where it would not."""
    name = getattr(operation, "model_name_lower", "")
    if name not in HISTORY:
        return ""
    if isinstance(operation, AddIndexWhileInUse | PartitionWhileInUse):
        alone = not migration.atomic and len(migration.operations) == 1
        return "" if alone else f"{type(operation).__name__}: {IN_PASSING}"
    if isinstance(operation, operations.AddField):
        return _locks_with(operation.field)
    if isinstance(operation, operations.AlterField):
        return _locks_when_altered(operation, migration.app_label, before)
    return next((why for kind, why in REFUSED.items() if isinstance(operation, kind)), "")


def _locks_with(field: Any) -> str:
    if field.db_index or field.unique:
        return "a new column with an index: make that by AddIndexWhileInUse"
    if field.remote_field is not None and getattr(field, "db_constraint", False):
        return "a new foreign key reads the whole table under a lock: db_constraint=False"
    return ""


def _locks_when_altered(operation: operations.AlterField, app: str, before: ProjectState) -> str:
    model = before.apps.get_model(app, operation.model_name)
    old: Any = model._meta.get_field(operation.name)
    new: Any = operation.field
    new.set_attributes_from_name(operation.name)
    editor: Any = connection.schema_editor()
    if not editor._field_should_be_altered(old, new):
        return ""
    are_texts = isinstance(old, models.CharField) and type(old) is type(new)
    longer = (
        are_texts
        and (new.max_length or 0) >= (old.max_length or 0)
        and (old.null, old.unique, old.db_index) == (new.null, new.unique, new.db_index)
    )
    return "" if longer else "the column is written anew under a lock"


def since_the_release() -> Iterator[tuple[Migration, ProjectState]]:
    """Each migration after the release, with the models as they were before it."""
    loader = MigrationLoader(None)
    for app, last in RELEASED.items():
        package = importlib.import_module(f"{app}.migrations")
        for _, name, _ in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each[1]):
            if name > last:
                yield loader.graph.nodes[app, name], loader.project_state((app, name), at_end=False)


def test_no_migration_since_the_release_locks_a_table_of_history() -> None:
    found = [
        f"{migration}: {type(operation).__name__} of {operation.model_name}: {why}"  # type: ignore[attr-defined]
        for migration, before in since_the_release()
        for operation in migration.operations
        if (why := locks(operation, migration, before))
    ]
    assert found == []


def test_every_migration_since_the_release_can_be_undone() -> None:
    found = [
        f"{migration}: {type(operation).__name__}"
        for migration, _ in since_the_release()
        for operation in migration.operations
        if not operation.reversible
    ]
    assert found == []


def test_texts_are_all_that_is_altered_without_the_database() -> None:
    editor: Any = connection.schema_editor()
    seen = 0
    for migration, before in since_the_release():
        app = migration.app_label
        for operation in migration.operations:
            if not isinstance(operation, AlterTexts):
                continue
            after = before.clone()
            operation.state_forwards(app, after)
            for each in operation.fields:
                fields = [
                    state.apps.get_model(app, each.model_name)._meta.get_field(each.name)
                    for state in (before, after)
                ]
                assert not editor._field_should_be_altered(*fields), f"{migration}: {each.name}"
                seen += 1
    assert seen


def made_up(found: list[Operation], *, atomic: bool) -> Migration:
    kind = type("Migration", (Migration,), {"operations": found, "atomic": atomic})
    migration: Migration = kind("9999_made_up", "chargepoints")
    return migration


INDEX = models.Index(fields=["action"], name="message_action")
UNIQUE = models.UniqueConstraint(fields=["action"], name="message_once")


@pytest.mark.parametrize(
    ("operation", "refused"),
    [
        (operations.AddIndex("Message", INDEX), True),
        (AddIndexWhileInUse("Message", INDEX), False),
        (operations.AddIndex("Site", INDEX), False),
        (operations.AddConstraint("Message", UNIQUE), True),
        (operations.AddField("Message", "x", models.CharField(max_length=5, null=True)), False),
        (operations.AddField("Message", "x", models.IntegerField(default=0, db_index=True)), True),
        (
            operations.AddField(
                "Message", "x", models.ForeignKey("Site", models.CASCADE, null=True, db_index=False)
            ),
            True,
        ),
        (operations.RemoveField("Message", "action"), False),
        (operations.AlterField("Message", "action", models.CharField(max_length=500)), False),
        (operations.AlterField("Message", "action", models.CharField(max_length=5)), True),
        (operations.AlterField("Message", "action", models.TextField()), True),
    ],
)
def test_what_locks_a_large_table_is_told_from_what_does_not(
    operation: Operation, refused: bool
) -> None:
    migration = made_up([operation], atomic=False)
    before = MigrationLoader(None).project_state()
    assert bool(locks(operation, migration, before)) is refused


@pytest.mark.parametrize(
    "operation", [AddIndexWhileInUse("Message", INDEX), PartitionWhileInUse("Message")]
)
def test_what_is_made_in_passing_needs_a_migration_of_its_own(operation: Operation) -> None:
    before = MigrationLoader(None).project_state()
    for atomic, others in ((True, []), (False, [operation])):
        assert locks(operation, made_up([operation, *others], atomic=atomic), before)
