"""The station under the hands of the conformance tests of OCPP 2.0.1."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway


@pytest_asyncio.fixture
async def station(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedStation]:
    """Connected with a password, its boot accepted, its connector available."""
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.connector_is("Available")
        yield station
