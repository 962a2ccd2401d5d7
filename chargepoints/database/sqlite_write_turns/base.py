"""The module in which Django looks for a backend's DatabaseWrapper."""

import re
from typing import Any

from django.db.backends.sqlite3 import base

from chargepoints.database.write_turns import write_turns

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


_Wrapper: Any = base.DatabaseWrapper  # the stubs lack what a backend overrides


class DatabaseWrapper(_Wrapper):
    """Takes a turn for each transaction, and for each writing statement outside of one."""

    _has_turn = False

    @property
    def patience_s(self) -> float:
        """How long SQLite itself would wait for its lock."""
        return float(self.settings_dict["OPTIONS"].get("timeout", 5.0))

    def create_cursor(self, name: Any = None) -> Any:
        return self.connection.cursor(factory=lambda connection: _Cursor(connection, self))

    def _start_transaction_under_autocommit(self) -> None:
        if not write_turns.is_mine:
            self._has_turn = write_turns.take(of_chargers=False, within_s=self.patience_s)
        try:
            # Django's cursor would take ten times as long as the statement, in each commit.
            with self.wrap_database_errors:
                self.connection.execute(f"BEGIN {self.transaction_mode or ''}")
        except BaseException:
            self._give_turn_back()
            raise

    def _commit(self) -> None:
        super()._commit()
        self._give_turn_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._give_turn_back()

    def _give_turn_back(self) -> None:
        if self._has_turn:
            self._has_turn = False
            write_turns.give_back()


class _Cursor(base.SQLiteCursorWrapper):
    def __init__(self, connection: Any, database: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._database = database

    def execute(self, query: str, params: Any = None) -> Any:
        if self._needs_no_turn(query):
            return super().execute(query, params)
        with write_turns.turn(of_chargers=False, within_s=self._database.patience_s):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self._needs_no_turn(query):
            return super().executemany(query, param_list)
        with write_turns.turn(of_chargers=False, within_s=self._database.patience_s):
            return super().executemany(query, param_list)

    def _needs_no_turn(self, query: str) -> bool:
        return self._database.in_atomic_block or write_turns.is_mine or not _WRITES.match(query)
