"""A database as a released version left it, with rows in nearly every table of it."""

import json
from collections.abc import Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

from tests.running_gateway import RunningGateway
from tests.warm_start import REPOSITORY

# The last migrations of the first version that was installed anywhere.
RELEASED = {"chargepoints": "0002_known_quirks", "core_link": "0001_release"}
ROWS = REPOSITORY / "tests" / "connect_site" / "released" / "rows.json"
# Written by the migrations themselves, and by the permissions after them.
BY_MIGRATIONS = {
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}

Table = tuple[Sequence[str], set[tuple[Any, ...]]]


def go_back(gateway: RunningGateway) -> None:
    """As docs/connect.md says."""
    for app, name in RELEASED.items():
        gateway.manage("migrate", "--verbosity=0", app, name.partition("_")[0])


def historical() -> StateApps:
    loader = MigrationExecutor(connection).loader
    return loader.project_state(list(RELEASED.items())).apps


def fill() -> dict[str, int]:
    """Rows as that version's models write them; how many by model."""
    apps = historical()
    found = json.loads(ROWS.read_text())
    with transaction.atomic():
        for label, rows in found.items():
            model = apps.get_model(label)
            fields = model._meta.local_concrete_fields
            # Some came with the migrations.
            model._default_manager.all().delete()
            model._default_manager.bulk_create(
                model(**{each.attname: each.to_python(row[each.attname]) for each in fields})
                for row in rows
            )
    _begin_after_them(apps)
    return {label: len(rows) for label, rows in found.items()}


def read_and_saved_again() -> dict[str, int]:
    """Every row, by that version's models, as its code would read and write it; how many by model.

    Its code itself is not to be had: it is older than the first commit that has these migrations.
    """
    counts = {}
    for model in historical().get_models():
        if model._meta.app_label not in RELEASED or model._meta.proxy:
            continue
        fields = [
            each.attname
            for each in model._meta.local_concrete_fields
            if not each.primary_key and not getattr(each, "auto_now", False)
        ]
        rows = model._default_manager.order_by("pk")
        before = list(rows.values_list("pk", *fields))
        for row in rows:
            row.save(update_fields=fields)
        assert list(rows.values_list("pk", *fields)) == before, model._meta.label
        counts[model._meta.label] = len(before)
    return counts


def constraints() -> dict[str, list[Any]]:
    """By table: its keys, indexes and constraints, whatever their names are."""
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(set(connection.introspection.table_names(cursor)) - BY_MIGRATIONS):
            each = connection.introspection.get_constraints(cursor, name).values()
            known = [{**one, "definition": None} for one in each]
            found[name] = sorted(known, key=lambda one: json.dumps(one, default=str))
    return found


def _begin_after_them(apps: StateApps) -> None:
    """PostgreSQL numbers rows on its own: from the last one on."""
    models = [apps.get_model(label) for label in json.loads(ROWS.read_text())]
    reset = connection.ops.sequence_reset_sql(no_style(), models)
    with connection.cursor() as cursor:
        for statement in reset:
            cursor.execute(statement)


def tables() -> dict[str, Table]:
    """All that is in the database, by table: its columns, and its rows in no order."""
    found: dict[str, Table] = {}
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - BY_MIGRATIONS
        for name in sorted(names):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            columns = [column[0] for column in cursor.description]
            rows = {tuple(map(_comparable, row)) for row in cursor.fetchall()}
            found[name] = columns, rows
    return found


def _comparable(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def within(before: dict[str, Table], after: dict[str, Table]) -> list[str]:
    """What of `before` is not as it was in `after`, which may have more tables and columns."""
    changed = []
    for name, (columns, rows) in before.items():
        if name not in after:
            changed.append(f"{name} is gone")
            continue
        columns_after, rows_after = after[name]
        if missing := set(columns) - set(columns_after):
            changed.append(f"{name}: {sorted(missing)} are gone")
            continue
        places = [columns_after.index(column) for column in columns]
        if rows != {tuple(row[place] for place in places) for row in rows_after}:
            changed.append(f"{name}: {len(rows)} rows are not what they were")
    return changed
