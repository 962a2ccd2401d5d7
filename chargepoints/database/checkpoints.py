"""What stands in SQLite's log is brought into the database beside the writers.

By itself SQLite does it within a commit, when the log has so many pages (`wal_autocheckpoint`): for
50 to 250 ms no charger would be answered. Here a thread takes it over earlier, while the writers
go on; what they have added meanwhile is little, and taken in a turn, so that the log begins anew.
"""

import logging
import threading

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.utils import ConnectionHandler

from chargepoints.database.turns import turns

logger = logging.getLogger(__name__)

# Units of work, of two or three pages each. More often would cost more: pages that change with
# every message are written once each time.
UNITS = 3000
BESIDE_WRITERS = 2
TURN_WITHIN_S = 1.0


class Checkpoints(threading.Thread):
    """`written` is for one writer to call, `stop` for anybody."""

    def __init__(self, databases: ConnectionHandler = connections) -> None:
        super().__init__(name="checkpoints", daemon=True)
        self._databases = databases
        self._units = 0
        self._due = threading.Event()
        self._stopping = False

    def written(self, units: int) -> None:
        self._units += units
        if self._units >= UNITS:
            self._units = 0
            self._due.set()

    def stop(self) -> None:
        self._stopping = True
        self._due.set()

    def run(self) -> None:
        try:
            while self._due.wait() and not self._stopping:
                self._due.clear()
                self._take_all()
        finally:
            self._databases[DEFAULT_DB_ALIAS].close()

    def _take_all(self) -> None:
        try:
            for _ in range(BESIDE_WRITERS):
                self._take()
            with turns.turn(of_chargers=False, within_s=TURN_WITHIN_S):
                self._take()
        except Error as error:
            logger.info("no checkpoint of SQLite's log, a commit will make it: %s", error)

    def _take(self) -> None:
        with self._databases[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
