"""A table that tests may partition, cut and drop."""

from collections.abc import Iterator

import pytest

from chargepoints.database import partitions
from tests.chargepoints.database.things import Things


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in use is tried twice only."""
    monkeypatch.setattr(partitions, "ATTEMPTS", 2)


@pytest.fixture
def things(transactional_db: None) -> Iterator[Things]:
    """Not partitioned yet."""
    things = Things()
    things.create()
    yield things
    things.drop()
