"""Alters texts of models, such as help texts, which no database knows."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import AlterField
from django.db.migrations.operations.base import Operation, OperationCategory


class AlterTexts(Operation):
    """Alters fields in the migrations' state only.

    Django would make the classes of all related models anew for each field: 65 help texts took as
    long as creating all tables. Here they are made once, when the next operation needs them.
    """

    reduces_to_sql = False
    reversible = True
    category = OperationCategory.ALTERATION

    def __init__(self, fields: Sequence[AlterField]) -> None:
        self.fields = fields

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)
        for each in self.fields:
            each.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Nothing to do."""

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Nothing to do."""

    def describe(self) -> str:
        return f"Alter texts of {len(self.fields)} fields"
