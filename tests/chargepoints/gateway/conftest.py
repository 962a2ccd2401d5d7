"""A writer of the test's own."""

from collections.abc import AsyncIterator

import pytest

from chargepoints.gateway.writer import Writer


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer()
    writer.start()
    yield writer
    await writer.stop()
