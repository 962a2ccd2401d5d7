from collections.abc import Iterator

import pytest

from tests.connect_site.process import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for a file of tests, on TCP and on the unix socket `server.unix`."""
    with serving() as server:
        yield server
