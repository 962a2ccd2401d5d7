"""What the tests of the simulated chargers share."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.csms import CentralSystem, central_system


@pytest.fixture
async def system() -> AsyncIterator[CentralSystem]:
    async with central_system() as system:
        yield system
