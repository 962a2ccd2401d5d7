"""Databases for tests: one is migrated, once a run; all others are copies of it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path

import psycopg
from django.core.management.color import no_style
from django.db import connection, connections

from chargepoints.models import QuirkProfile
from tests.warm_start import run_manage_py

# What migrations leave behind is the same for every test; the rest of a database is emptied.
LEFT_BY_MIGRATIONS = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "chargepoints_quirkprofile",
    "django_content_type",
    "django_migrations",
}


def copy_of_template(name: str, directory: Path) -> tuple[str, str]:
    """The URL and the name of a new database, migrated and empty; `directory` is of this run."""
    template = _template(_directory_of_the_run(directory))
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    if connection.vendor == "sqlite":
        path = directory / f"{name}.sqlite3"
        shutil.copy(template, path)
        return f"sqlite:///{path}", str(path)
    database = f"gateway_{name}_{os.getpid()}"
    _recreate(base, database, template)
    return f"{base}/{database}", database


@contextmanager
def looked_at(name: str, **elsewhere: str) -> Iterator[None]:
    """The ORM of the test process looks at this database, at another HOST or PORT if given."""
    settings = connections["default"].settings_dict
    before = dict(settings)
    connections.close_all()
    settings.update(NAME=name, **elsewhere)
    try:
        yield
    finally:
        connections.close_all()
        settings.update(before)


def empty() -> None:
    """Delete all rows, but what migrations left.

    Django's own `flush` makes those anew, which takes longer than the test it follows.
    """
    tables = set(connection.introspection.table_names()) - LEFT_BY_MIGRATIONS
    statements = connection.ops.sql_flush(no_style(), sorted(tables), reset_sequences=False)
    connection.ops.execute_sql_flush(statements)
    known = import_module("chargepoints.migrations.0002_known_quirks").KNOWN
    QuirkProfile.objects.exclude(name__in=known).delete()


def _directory_of_the_run(directory: Path) -> Path:
    """Shared by all its processes; pytest makes one in it for each."""
    one_of_several = "PYTEST_XDIST_WORKER" in os.environ
    return directory.parent.parent if one_of_several else directory.parent


@cache
def _template(directory: Path) -> str:
    """Made by whichever process comes first."""
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    done = directory / "template-is-there"
    with (directory / "template-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.vendor == "sqlite":
            template = str(directory / "template.sqlite3")
            url = f"sqlite:///{template}"
        else:
            template = f"gateway_template_{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
            url = f"{base}/{template}"
        if not done.exists():
            if connection.vendor == "postgresql":
                _recreate(base, template, "template1")
            _migrate(url)
            done.touch()
    return template


def _migrate(url: str) -> None:
    # The product's settings, and the tests' environment.
    settings = {"DJANGO_SETTINGS_MODULE": "connect_site.settings", "DATABASE_URL": url}
    done = run_manage_py(["migrate", "--verbosity=0"], os.environ | settings)
    assert done.returncode == 0, done.stdout + done.stderr


def _recreate(base: str, database: str, template: str) -> None:
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
