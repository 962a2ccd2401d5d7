"""A station that speaks OCPP 2.1."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway


@pytest_asyncio.fixture
async def station(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedStation]:
    """Connected with a password, its boot accepted, its connector available."""
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1") as station:
        await station.connector_is("Available")
        yield station
