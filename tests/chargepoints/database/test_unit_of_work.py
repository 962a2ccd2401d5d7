"""A unit of work after its commit."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from django.utils import timezone

from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.gateway.writer import Writer
from chargepoints.models import Status
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station
from chargepoints.services.stations import connector_status
from tests.core_link.delivery.delivering import charge_points


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.django_db
@pytest.mark.usefixtures("no_collector")
def test_nothing_of_a_message_waits_for_the_collector_of_garbage() -> None:
    station = Station.of(charge_points(1)[0])
    kept: list[weakref.ref[UnitOfWork]] = []
    with unit_of_work() as unit:
        kept.append(weakref.ref(unit))
        inbound = Inbound(station, "ocpp1.6", "Heartbeat", "1", {}, timezone.now(), [], Writer())
        inbound.unit = unit
        report = connector_status.Report(1, 1, Status.AVAILABLE, "Available")
        connector_status.record(inbound, report, inbound.time("2026-11-20T10:00:00Z"))
    del unit, inbound
    assert station.connectors and kept[0]() is None
