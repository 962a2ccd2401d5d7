"""SQLite's log is brought into the database beside the writers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.utils import ConnectionHandler

from chargepoints.database.checkpoints import UNITS, Checkpoints
from connect_site import databases
from tests.connect_site.process import until

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]

PAGE = 4096
PAGES = 200


@pytest.fixture
def files(tmp_path: Path) -> Iterator[ConnectionHandler]:
    config = databases.sqlite({"NAME": "log.sqlite3"}, base_dir=tmp_path)
    handler = ConnectionHandler({"default": config})
    yield handler
    handler["default"].close()


@pytest.fixture
def checkpoints(files: ConnectionHandler) -> Iterator[Checkpoints]:
    checkpoints = Checkpoints(files)
    checkpoints.start()
    yield checkpoints
    checkpoints.stop()
    checkpoints.join()


def execute(files: ConnectionHandler, statement: str) -> Any:
    with files["default"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def write(files: ConnectionHandler, pages: int) -> None:
    execute(files, "CREATE TABLE IF NOT EXISTS told (message BLOB)")
    execute(files, f"INSERT INTO told VALUES (zeroblob({pages * PAGE}))")


def test_what_the_writers_have_written_is_taken_over_once_it_is_much(
    files: ConnectionHandler, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    database = tmp_path / "log.sqlite3"
    write(files, PAGES)
    checkpoints.written(UNITS - 1)
    assert database.stat().st_size < PAGES * PAGE
    checkpoints.written(1)
    until(lambda: database.stat().st_size >= PAGES * PAGE, timeout=10)


def test_then_the_log_begins_anew(
    files: ConnectionHandler, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    write(files, PAGES)
    checkpoints.written(UNITS)
    until(lambda: (tmp_path / "log.sqlite3").stat().st_size >= PAGES * PAGE, timeout=10)
    checkpoints.stop()
    checkpoints.join()
    write(files, 1)
    _, in_the_log, _ = execute(files, "PRAGMA wal_checkpoint(PASSIVE)")
    assert in_the_log < PAGES
