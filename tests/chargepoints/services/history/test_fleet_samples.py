"""Samples of what the fleet is doing, for the chart of the first page."""

from datetime import UTC, datetime, timedelta

import pytest

from chargepoints.models import FleetSample
from chargepoints.services.history import fleet_samples
from tests.chargepoints.admin.conftest import charge, make

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 12, 2, 30, tzinfo=UTC)


def test_a_sample_is_taken_once_in_five_minutes() -> None:
    charging = make("CP-1")
    charge(charging, "1", sampled_at=NOON - timedelta(minutes=1), power_w=11_000)
    charge(charging, "2", sampled_at=NOON - timedelta(hours=2), power_w=50_000)
    charge(charging, "3", sampled_at=NOON, power_w=50_000, ended_at=NOON)
    make("CP-2", online=False)
    fleet_samples.take(NOON)
    fleet_samples.take(NOON + timedelta(minutes=2))
    sample = FleetSample.objects.get()
    assert sample.at == NOON.replace(minute=0, second=0)
    assert (sample.power_w, sample.charging, sample.online) == (11_000, 1, 1)
    fleet_samples.take(NOON + timedelta(minutes=3))
    assert FleetSample.objects.count() == 2
