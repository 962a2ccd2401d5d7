"""A table as of a history, beside those of the product, and who writes to it meanwhile."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from chargepoints.database import partitions, statements
from chargepoints.database.partition_while_in_use import PartitionWhileInUse
from chargepoints.services.stations.registry import register

TABLE = "chargepoints_thing"
INDEX = models.Index(fields=["said"], name="thing_said")


class Things:
    """`Thing` is the model of a table with an index, and a foreign key to a charge point."""

    def __init__(self) -> None:
        self.state: ProjectState = MigrationLoader(None).project_state()
        charge_point = models.ForeignKey("chargepoints.ChargePoint", models.CASCADE)
        fields: list[tuple[str, models.Field[Any, Any]]] = [
            ("id", models.BigAutoField(primary_key=True)),
            ("charge_point", charge_point),
            ("said", models.TextField()),
        ]
        options = {"indexes": [models.Index(fields=["charge_point", "-id"], name="thing_newest")]}
        self.state.add_model(ModelState("chargepoints", "Thing", fields, options))
        self.Thing: Any = self.state.apps.get_model("chargepoints", "Thing")
        self.charge_point_id = register("CP-OF-THINGS").pk

    def create(self) -> None:
        with connection.schema_editor() as editor:
            editor.create_model(self.Thing)

    def partition(self) -> None:
        self.migrate(PartitionWhileInUse("Thing"))

    def migrate(self, operation: Operation) -> None:
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("chargepoints", editor, self.state, self._after(operation))

    def undo(self, operation: Operation) -> None:
        with connection.schema_editor(atomic=False) as editor:
            operation.database_backwards("chargepoints", editor, self._after(operation), self.state)

    def _after(self, operation: Operation) -> ProjectState:
        after = self.state.clone()
        operation.state_forwards("chargepoints", after)
        return after

    def say(self, *texts: str) -> None:
        """As the gateway writes rows: by a statement that stays prepared."""
        statements.insert(self.Thing, [(self.charge_point_id, text) for text in texts])

    def said(self) -> list[str]:
        return list(self.Thing.objects.order_by("pk").values_list("said", flat=True))

    def drop(self) -> None:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE} CASCADE")

    @contextmanager
    def written_slowly(self, text: str) -> Iterator[None]:
        """While a transaction has written a row, and takes a while to commit it."""
        written = threading.Event()

        def write() -> None:
            with transaction.atomic():
                self.say(text)
                written.set()
                time.sleep(0.5)
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        assert written.wait(10)
        yield
        thread.join()

    @contextmanager
    def written_to(self) -> Iterator[list[str]]:
        """While rows are written without a pause; yields what was committed so far."""
        stopped, committed = threading.Event(), list[str]()
        failures: list[BaseException] = []

        def write() -> None:
            try:
                while not stopped.is_set():
                    texts = [f"{len(committed) + number}" for number in range(3)]
                    with transaction.atomic():
                        self.say(*texts)
                    committed.extend(texts)
            except BaseException as error:  # noqa: BLE001  (raised below, in the test)
                failures.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        try:
            _wait_for(committed)
            yield committed
            _wait_for(committed, len(committed) + 10)
        finally:
            stopped.set()
            thread.join()
        if failures:
            raise failures[0]


def _wait_for(committed: list[str], count: int = 1) -> None:
    deadline = time.monotonic() + 10
    while len(committed) < count and time.monotonic() < deadline:
        time.sleep(0.01)


@contextmanager
def in_use(table: str) -> Iterator[None]:
    """While somebody reads it, in a transaction that does not end."""
    ready, done = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT FROM {table} LIMIT 1")
            ready.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


def one_partition(table: str) -> None:
    """Empty, and as the migration made it."""
    with connection.cursor() as cursor:
        for partition in partitions.of(table):
            cursor.execute(f"DROP TABLE {partition.name}")
        cursor.execute(
            f"CREATE TABLE {partitions.name_of(table, 0)} PARTITION OF {table}"
            " FOR VALUES FROM (MINVALUE) TO (MAXVALUE)"
        )
