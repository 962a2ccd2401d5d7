import asyncio

import pytest
from django.db import OperationalError

from chargepoints.mirroring import worker

pytestmark = pytest.mark.embedded


def test_a_connection_that_broke_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL was restarted: its old connection would fail for ever."""
    given_up = []
    monkeypatch.setattr(worker, "close_old_connections", lambda: given_up.append(True))
    mirrors = worker.Worker()

    async def fail() -> None:
        mirrors.stop()
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(mirrors, "_start_new", fail)
    asyncio.run(mirrors.run())
    assert given_up
