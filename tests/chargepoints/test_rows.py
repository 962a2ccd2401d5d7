"""The rows that are written as tuples: each value stands at the place of its column."""

import inspect

import pytest
from django.apps import apps
from django.db import models

pytestmark = pytest.mark.embedded

WITH_ROWS = [
    model for model in apps.get_app_config("chargepoints").get_models() if hasattr(model, "row")
]


def columns(model: type[models.Model]) -> list[str]:
    fields = model._meta.local_concrete_fields
    return [field.attname for field in fields if not isinstance(field, models.AutoField)]


def test_the_append_only_models_have_rows() -> None:
    names = {model.__name__ for model in WITH_ROWS}
    assert {"Message", "MeterValue", "StatusChange", "TransactionEvent", "Connection"} <= names


@pytest.mark.parametrize("model", WITH_ROWS, ids=lambda model: model.__name__)
def test_a_row_has_its_values_in_the_order_of_the_columns(model: type[models.Model]) -> None:
    names = list(inspect.signature(model.row).parameters)  # type: ignore[attr-defined]
    assert columns(model)[: len(names)] == names
    row = model.row(**{name: name for name in names})  # type: ignore[attr-defined]
    assert list(row[: len(names)]) == names
    assert len(row) == len(columns(model))
