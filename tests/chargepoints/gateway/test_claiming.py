"""Which of a charge point's sockets may send its commands."""

import pytest

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.gateway import claiming
from chargepoints.models import ChargePoint, Command
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import installed_versions
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.stations import registry
from tests.chargepoints.admin.conftest import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def online() -> ChargePoint:
    charge_point = make("CP-1")
    registry.changed(charge_point, "connection")
    submission.submit(charge_point, "clear_cache", {}, requested_by="a test")
    return charge_point


def claimed(charge_point: ChargePoint, epoch: int | None) -> bool:
    """Whether the socket of this epoch takes the command that is queued."""
    station = Station.of(charge_point)
    assert epoch is not None
    station.connection_id, station.boot_accepted = epoch, True
    with unit_of_work() as unit:
        version = installed_versions()["ocpp1.6"]
        return claiming.claim(unit, station, version, ready=True) is not None


def test_a_socket_that_was_superseded_takes_no_command(online: ChargePoint) -> None:
    assert online.connection_id is not None
    assert not claimed(online, online.connection_id - 1)
    assert Command.objects.get().state == Command.State.QUEUED


def test_a_command_is_taken_once(online: ChargePoint) -> None:
    assert claimed(online, online.connection_id)
    assert not claimed(online, online.connection_id)
    assert Command.objects.get().state == Command.State.SENT


def test_a_number_of_any_size_can_be_sent(online: ChargePoint) -> None:
    """PostgreSQL gives 1e300 back with all its 301 digits."""
    payload = {"vendorId": "Acme", "data": 10**300}
    raw = {"action": "DataTransfer", "payload": payload}
    Command.objects.update(type="raw", args=raw)
    assert claimed(online, online.connection_id)
    request = Command.objects.get().request
    assert request is not None and float(request["data"]) == 1e300


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_a_word_that_a_version_has_not_refuses_the_command(protocol: str) -> None:
    """Whatever other versions can say: a command that cannot be composed stops no other."""
    command = Command(type="clear_charging_profile", args={"purpose": "sunshine"})
    with pytest.raises(CommandRefused, match="does not have 'sunshine'"), unit_of_work() as unit:
        claiming.compose(unit, installed_versions()[protocol], command)
