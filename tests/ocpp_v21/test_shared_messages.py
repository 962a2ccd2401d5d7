"""What changed in the messages that OCPP 2.1 shares with 2.0.1."""

from chargepoints.models import Connector, Monitor, StatusChange
from tests.operated import at
from tests.operated_station import OperatedStation


async def test_an_evse_with_a_negative_number_is_not_the_station(station: OperatedStation) -> None:
    """Its schema has 0 as the least: that is the station itself, which nobody spoke of."""
    before = Connector.objects.filter(evse__charge_point=station.row).count()
    status = {"timestamp": at(), "evseId": -1, "connectorId": 1, "connectorStatus": "Faulted"}
    assert await station.call("StatusNotification", status) == {}
    assert Connector.objects.filter(evse__charge_point=station.row).count() == before
    assert not StatusChange.objects.filter(charge_point=station.row, evse_id=None).exists()


async def test_a_monitor_from_before_an_update_does_not_say_how_it_came_to_be(
    station: OperatedStation,
) -> None:
    monitor = {"id": 4, "transaction": False, "value": 1, "type": "UpperThreshold", "severity": 8}
    where = {"component": {"name": "EVSE"}, "variable": {"name": "Power"}}
    report = {"requestId": 1, "seqNo": 0, "generatedAt": at()}
    report |= {"monitor": [where | {"variableMonitoring": [monitor]}]}
    assert await station.call("NotifyMonitoringReport", report) == {}
    assert Monitor.objects.get(charge_point=station.row).number == 4
