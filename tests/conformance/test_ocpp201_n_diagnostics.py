"""N Diagnostics: monitoring; test cases of OCPP 2.0.1, part 6."""

import pytest
from django.db import IntegrityError, transaction

from chargepoints.models import Monitor, MonitoringEvent
from tests.operated import Payload, at
from tests.operated_station import OperatedStation, alert

POWER: Payload = {"component": "ChargingStation", "variable": "Power"}
OCPP_POWER: Payload = {"component": {"name": "ChargingStation"}, "variable": {"name": "Power"}}
EVSE_STATE: Payload = {"component": "EVSE", "evse_id": 1, "variable": "AvailabilityState"}
OCPP_EVSE_STATE: Payload = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
}
STATION_STATE: Payload = {"component": "ChargingStation", "variable": "AvailabilityState"}
OCPP_STATION_STATE: Payload = {
    "component": {"name": "ChargingStation"},
    "variable": {"name": "AvailabilityState"},
}


def monitors(station: OperatedStation) -> list[tuple[int, str, str]]:
    rows = Monitor.objects.filter(charge_point=station.row).order_by("number")
    return list(rows.values_list("number", "component", "type"))


async def finds_none(station: OperatedStation, args: Payload, expected: Payload) -> None:
    request, command = await station.command(
        "get_monitoring_report", args, "GetMonitoringReport", {"status": "EmptyResultSet"}
    )
    assert {name: value for name, value in request.items() if name != "requestId"} == expected
    assert (command["state"], command["error"]["code"]) == ("rejected", "EmptyResultSet")


async def reports(
    station: OperatedStation, args: Payload, expected: Payload, *parts: Payload
) -> None:
    """The station reports these parts, each of one variable's monitors."""
    request, command = await station.command(
        "get_monitoring_report", args, "GetMonitoringReport", {"status": "Accepted"}
    )
    assert {name: value for name, value in request.items() if name != "requestId"} == expected
    for seq_no, part in enumerate(parts):
        report = {
            "requestId": request["requestId"],
            "seqNo": seq_no,
            "generatedAt": at(),
            "tbc": seq_no < len(parts) - 1,
            "monitor": [part],
        }
        assert await station.call("NotifyMonitoringReport", report) == {}
    settled = await station.settled(command)
    assert settled.state == "effect_confirmed"
    assert settled.result == [[part] for part in parts]


def monitored(where: Payload, number: int, type: str) -> Payload:
    monitor = {"id": number, "transaction": False, "value": 1, "type": type, "severity": 8}
    return where | {"variableMonitoring": [monitor]}


async def test_tc_n_01_csms_asks_for_monitors_by_criterion(station: OperatedStation) -> None:
    await finds_none(station, {"criteria": ["delta"]}, {"monitoringCriteria": ["DeltaMonitoring"]})
    await reports(
        station,
        {"criteria": ["threshold"]},
        {"monitoringCriteria": ["ThresholdMonitoring"]},
        monitored(OCPP_POWER, 1, "UpperThreshold"),
        monitored(OCPP_EVSE_STATE, 2, "LowerThreshold"),
    )
    assert monitors(station) == [
        (1, "ChargingStation", "UpperThreshold"),
        (2, "EVSE", "LowerThreshold"),
    ]


async def test_tc_n_02_csms_asks_for_monitors_by_variable(station: OperatedStation) -> None:
    await finds_none(station, {"variables": [POWER]}, {"componentVariable": [OCPP_POWER]})
    await reports(
        station,
        {"variables": [EVSE_STATE]},
        {"componentVariable": [OCPP_EVSE_STATE]},
        monitored(OCPP_EVSE_STATE, 1, "Delta"),
    )
    assert monitors(station) == [(1, "EVSE", "Delta")]


async def test_tc_n_03_csms_asks_by_criterion_and_variable(station: OperatedStation) -> None:
    await finds_none(
        station,
        {"criteria": ["delta"], "variables": [EVSE_STATE]},
        {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [OCPP_EVSE_STATE]},
    )
    await reports(
        station,
        {"criteria": ["threshold"], "variables": [POWER]},
        {"monitoringCriteria": ["ThresholdMonitoring"], "componentVariable": [OCPP_POWER]},
        monitored(OCPP_POWER, 1, "UpperThreshold"),
    )


async def test_tc_n_60_csms_asks_by_criterion_and_variables(station: OperatedStation) -> None:
    variables = [STATION_STATE, EVSE_STATE]
    ocpp_variables = [OCPP_STATION_STATE, OCPP_EVSE_STATE]
    await finds_none(
        station,
        {"criteria": ["threshold"], "variables": variables},
        {"monitoringCriteria": ["ThresholdMonitoring"], "componentVariable": ocpp_variables},
    )
    await reports(
        station,
        {"criteria": ["delta"], "variables": variables},
        {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": ocpp_variables},
        monitored(OCPP_STATION_STATE, 1, "Delta"),
        monitored(OCPP_EVSE_STATE, 2, "Delta"),
    )


async def test_tc_n_47_csms_asks_for_all_monitors(station: OperatedStation) -> None:
    await reports(station, {}, {}, monitored(OCPP_POWER, 1, "Periodic"))


async def test_tc_n_05_csms_sets_the_monitoring_base(station: OperatedStation) -> None:
    for base, ocpp_base in (
        ("all", "All"),
        ("factory_default", "FactoryDefault"),
        ("hard_wired_only", "HardWiredOnly"),
    ):
        request, command = await station.command(
            "set_monitoring_base", {"base": base}, "SetMonitoringBase", {"status": "Accepted"}
        )
        assert request == {"monitoringBase": ocpp_base}
        assert command["state"] == "accepted"


async def set_monitors(
    station: OperatedStation, *pairs: tuple[Payload, Payload], type: str = "Delta"
) -> None:
    """Each pair names a variable in neutral words and in OCPP's."""
    how = {"type": type, "value": 1, "severity": 8}
    results = [
        where | {"id": number, "status": "Accepted", "type": type, "severity": 8}
        for number, (_, where) in enumerate(pairs, start=1)
    ]
    request, command = await station.command(
        "set_monitoring",
        {"monitors": [where | how for where, _ in pairs]},
        "SetVariableMonitoring",
        {"setMonitoringResult": results},
    )
    assert request == {"setMonitoringData": [where | how for _, where in pairs]}
    assert command["state"] == "accepted"
    assert [number for number, _, _ in monitors(station)] == list(range(1, len(pairs) + 1))


async def test_tc_n_08_csms_sets_one_monitor(station: OperatedStation) -> None:
    await set_monitors(station, (EVSE_STATE, OCPP_EVSE_STATE))


async def test_tc_n_09_csms_sets_two_monitors(station: OperatedStation) -> None:
    await set_monitors(station, (EVSE_STATE, OCPP_EVSE_STATE), (STATION_STATE, OCPP_STATION_STATE))


async def test_results_in_another_order_are_of_the_monitors_they_name(
    station: OperatedStation,
) -> None:
    """N04.FR.02 asks for a result for each, not for an order."""
    how = {"type": "Delta", "value": 1, "severity": 8}
    results = [
        OCPP_STATION_STATE | {"id": 5, "status": "Accepted", "type": "Delta", "severity": 8},
        OCPP_EVSE_STATE | {"status": "Rejected", "type": "Delta", "severity": 8},
    ]
    _, command = await station.command(
        "set_monitoring",
        {"monitors": [EVSE_STATE | how, STATION_STATE | how]},
        "SetVariableMonitoring",
        {"setMonitoringResult": results},
    )
    assert command["error"]["code"] == "Rejected"
    assert command["ocpp"]["response"] == {"setMonitoringResult": results}
    assert monitors(station) == [(5, "ChargingStation", "Delta")]


async def test_a_whole_report_without_a_monitor_says_that_it_is_gone(
    station: OperatedStation,
) -> None:
    await set_monitors(station, (EVSE_STATE, OCPP_EVSE_STATE), (STATION_STATE, OCPP_STATION_STATE))
    await reports(
        station,
        {"variables": [POWER]},
        {"componentVariable": [OCPP_POWER]},
        monitored(OCPP_POWER, 3, "Periodic"),
    )
    assert len(monitors(station)) == 3
    await reports(station, {}, {}, monitored(OCPP_EVSE_STATE, 1, "Delta"))
    assert monitors(station) == [(1, "EVSE", "Delta")]
    await finds_none(station, {}, {})
    assert monitors(station) == []


async def test_the_monitors_of_a_station_are_told_over_the_api(station: OperatedStation) -> None:
    await set_monitors(station, (EVSE_STATE, OCPP_EVSE_STATE), (STATION_STATE, OCPP_STATION_STATE))
    found = (await station.http("GET", "monitors?component=evse")).json()["results"]
    (told,) = found
    assert told.pop("read_at")
    assert told == EVSE_STATE | {
        "id": 1,
        "component_instance": None,
        "connector_id": None,
        "variable_instance": None,
        "type": "Delta",
        "value": 1.0,
        "severity": 8,
        "transaction": False,
        "event_notification_type": "CustomMonitor",
    }


async def set_level(station: OperatedStation, status: str) -> Payload:
    request, command = await station.command(
        "set_monitoring_level", {"severity": 4}, "SetMonitoringLevel", {"status": status}
    )
    assert request == {"severity": 4}
    return command


async def test_tc_n_16_csms_sets_the_monitoring_level(station: OperatedStation) -> None:
    assert (await set_level(station, "Accepted"))["state"] == "accepted"


async def test_tc_n_17_csms_sets_a_level_that_is_rejected(station: OperatedStation) -> None:
    assert (await set_level(station, "Rejected"))["state"] == "rejected"


def cleared(*ids: int, status: str = "Accepted") -> Payload:
    return {"clearMonitoringResult": [{"id": number, "status": status} for number in ids]}


async def test_tc_n_18_csms_clears_more_monitors_than_one_request_holds(
    station: OperatedStation,
) -> None:
    await station.tells_variable("MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]", 2)
    asked, command = await station.exchange(
        "clear_monitoring",
        {"ids": [1, 2, 3, 4, 5]},
        ("ClearVariableMonitoring", cleared(1, 2)),
        ("ClearVariableMonitoring", cleared(3, 4)),
        ("ClearVariableMonitoring", cleared(5)),
    )
    assert asked == [{"id": [1, 2]}, {"id": [3, 4]}, {"id": [5]}]
    assert command["state"] == "accepted"
    assert command["ocpp"]["response"] == cleared(1, 2, 3, 4, 5)


async def test_tc_n_44_csms_is_told_that_clearing_was_rejected(station: OperatedStation) -> None:
    await set_monitors(station, (EVSE_STATE, OCPP_EVSE_STATE))
    _, command = await station.command(
        "clear_monitoring", {"ids": [1]}, "ClearVariableMonitoring", cleared(1, status="Rejected")
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")
    assert len(monitors(station)) == 1


async def raises(station: OperatedStation, event: Payload) -> MonitoringEvent:
    """The alarm, as it is kept; core is told of it once, however often it is sent."""
    for _ in range(2):
        assert await station.call("NotifyEvent", event) == {}
    data = event["eventData"][0]
    told = [event.data["event_id"] for event in station.events("monitoring.event")]
    assert told.count(data["eventId"]) == 1
    return MonitoringEvent.objects.get(charge_point=station.row, event_id=data["eventId"])


async def test_tc_n_24_csms_takes_periodic_events(station: OperatedStation) -> None:
    for value in ("10.0", "20.0", "30.0"):
        event = alert("ChargingStation", "Power", value, trigger="Periodic")
        assert (await raises(station, event)).actual_value == value


async def test_tc_n_48_csms_takes_an_event_without_a_value(station: OperatedStation) -> None:
    event = alert("SecurityCtrlr", "BasicAuthPassword", "", trigger="Alerting")
    assert (await raises(station, event)).actual_value == ""


async def test_tc_n_49_csms_takes_an_event_that_is_cleared(station: OperatedStation) -> None:
    event = alert("ChargingStation", "Power", "1", trigger="Alerting", cleared=True)
    assert (await raises(station, event)).cleared


async def test_tc_n_50_csms_takes_a_periodic_event(station: OperatedStation) -> None:
    event = alert("ChargingStation", "Power", "1", trigger="Periodic", variableMonitoringId=7)
    assert (await raises(station, event)).trigger == "Periodic"


async def test_events_of_two_places_under_one_number_are_two(station: OperatedStation) -> None:
    """N07: the parts of one report, from a station that numbers no event."""
    first = alert("Connector", "AvailabilityState", "Available", 1, 1, eventId=0)
    both = first["eventData"] * 2
    both[1] = both[1] | {"component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}}
    for seq_no in (0, 1):
        part = {"generatedAt": at(), "seqNo": seq_no, "tbc": not seq_no, "eventData": both}
        assert await station.call("NotifyEvent", part) == {}
    told = [event.data for event in station.events("monitoring.event")]
    assert [data["connector_id"] for data in told if data["event_id"] == 0] == [1, 2]
    assert MonitoringEvent.objects.filter(charge_point=station.row, event_id=0).count() == 2


async def test_an_event_of_the_station_itself_has_one_row(station: OperatedStation) -> None:
    """P4: also where two sockets tell it at once, and neither sees the other's row yet."""
    event = alert("FiscalMetering", "Problem", "true")
    row = await raises(station, event)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
