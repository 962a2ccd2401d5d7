"""A fake core that takes events, and attempts that come at once."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from core_link.delivery import schedule
from tests.core_link.delivery.delivering import SECRET
from tests.fakes.core import FakeCore


@pytest.fixture
def core(settings: Settings) -> Iterator[FakeCore]:
    """A fake core that takes the events of the gateway, if they are signed."""
    with FakeCore(secrets=[SECRET]) as fake:
        settings.EVENTS_URL = fake.url + "/events"
        settings.EVENTS_SECRETS = [SECRET]
        yield fake


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts come at once: four, and probes of an endpoint that is down."""
    monkeypatch.setattr(schedule, "RETRY_DELAYS_S", [0.05, 0.05, 0.05])
    monkeypatch.setattr(schedule, "PROBE_DELAYS_S", [0, 0.05, 0.1])
