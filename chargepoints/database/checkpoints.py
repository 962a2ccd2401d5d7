"""Copies SQLite's write-ahead log into the database, in a thread, while the writers continue.

By itself SQLite does this within a commit, once the log has enough pages
(`wal_autocheckpoint`); no charger would be answered for 50 to 250 ms. This thread does it
earlier. The last pass holds the write lock, so that the log can start again at its beginning.
"""

import logging
import threading

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.utils import ConnectionHandler

from chargepoints.database.write_turns import write_turns

logger = logging.getLogger(__name__)

# Units of work, of two or three pages each. More frequent checkpoints cost more: pages that
# change with every message would be written each time.
UNITS = 3000
PASSES_WHILE_WRITING = 2
TURN_WITHIN_S = 1.0


class Checkpoints(threading.Thread):
    """One writer calls `written`; any thread may call `stop`."""

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
                self._checkpoint_all()
        finally:
            self._databases[DEFAULT_DB_ALIAS].close()

    def _checkpoint_all(self) -> None:
        try:
            for _ in range(PASSES_WHILE_WRITING):
                self._checkpoint()
            with write_turns.turn(of_chargers=False, within_s=TURN_WITHIN_S):
                self._checkpoint()
        except Error as error:
            logger.info("no checkpoint of SQLite's log; a later commit will make it: %s", error)

    def _checkpoint(self) -> None:
        with self._databases[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
