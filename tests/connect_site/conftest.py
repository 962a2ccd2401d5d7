from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect_site.process import Served, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests look at the server, and bring the database that they need."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("services"):
            item.add_marker(pytest.mark.embedded)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One server for a file of tests."""
    with serving() as server:
        yield server
