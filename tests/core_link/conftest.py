"""A fake core, a gateway whose writer runs, and charge points with events."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from django.utils import timezone
from pytest_django import Settings

from chargepoints.gateway import process
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station
from chargepoints.services.stations.registry import register
from core_link import client
from tests.fakes.core import FakeCore

TOKEN = "the-token-of-core"


@pytest.fixture
def core(settings: Settings) -> Iterator[FakeCore]:
    """A fake core that the gateway is configured to ask."""
    with FakeCore(token=TOKEN) as fake:
        settings.CORE_URL = fake.url
        settings.CORE_TOKEN = TOKEN
        settings.CORE_TIMEOUT_S = 1.0
        yield fake


@pytest_asyncio.fixture
async def gateway(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[process.Gateway]:
    """A gateway whose writer runs, and the client of a core as the settings of the test say."""
    running = process.Gateway()
    running.writer.start()
    monkeypatch.setattr(process, "_current", running)
    client.shared.cache_clear()
    yield running
    if asked := client.shared():
        asked.close()
    client.shared.cache_clear()
    await running.writer.stop()


@pytest_asyncio.fixture
async def station(gateway: process.Gateway) -> Station:
    registered = await in_the_writer(gateway, lambda: register("CP-1", external_id="bus-7"))
    return Station.of(registered)


def authorize_message(station: Station) -> Inbound:
    """An Authorize that this station has just sent."""
    writer = process.current().writer
    return Inbound(station, "1.6", "Authorize", "1", {}, timezone.now(), [], writer)


async def in_the_writer(gateway: process.Gateway, work: Any) -> Any:
    """The result of `work()`, run where the gateway touches its database."""
    return await gateway.writer.run(0, lambda unit: work())
