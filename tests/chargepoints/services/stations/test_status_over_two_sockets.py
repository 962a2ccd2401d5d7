"""P4: a status that was on its way over an old socket, and is told again over the new one."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.gateway.writer import Writer
from chargepoints.models import ChargePoint, Event, Status, StatusChange
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station
from chargepoints.services.stations import connector_status
from tests.core_link.delivery.delivering import charge_points

pytestmark = pytest.mark.django_db

AT = "2026-11-20T10:00:00Z"
LATER = "2026-11-20T10:05:00Z"


def tell(unit: UnitOfWork, station: Station, now: Status, at: str) -> None:
    inbound = Inbound(
        station, "ocpp1.6", "StatusNotification", "1", {}, timezone.now(), [], Writer()
    )
    inbound.unit = unit
    connector_status.record(inbound, connector_status.Report(1, 1, now, str(now)), inbound.time(at))


@pytest.fixture
def charge_point() -> ChargePoint:
    return charge_points(1)[0]


@pytest.fixture
def old(charge_point: ChargePoint) -> Station:
    """Its socket has told that the connector is free, and is superseded now."""
    station = Station.of(charge_point)
    with unit_of_work() as unit:
        tell(unit, station, Status.AVAILABLE, AT)
    station.superseded = True
    return station


@pytest.fixture
def new(charge_point: ChargePoint) -> Station:
    return Station.of(charge_point)


def reported_at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def is_there_once() -> bool:
    changes = StatusChange.objects.filter(reported_at=reported_at(LATER))
    events = Event.objects.filter(type="connector.status_changed")
    return changes.count() == 1 and events.count() == 2


def test_it_is_written_once_in_one_transaction(old: Station, new: Station) -> None:
    with unit_of_work() as unit:
        tell(unit, old, Status.OCCUPIED, LATER)
        tell(unit, new, Status.OCCUPIED, LATER)
    assert is_there_once()


def test_it_is_written_once_where_the_new_socket_was_faster(old: Station, new: Station) -> None:
    with unit_of_work() as unit:
        tell(unit, new, Status.OCCUPIED, LATER)
    with unit_of_work() as unit:
        tell(unit, old, Status.OCCUPIED, LATER)
    assert is_there_once()
