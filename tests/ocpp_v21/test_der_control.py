"""R: a station as a distributed energy resource keeps to the grid code that it is told."""

from typing import Any

from chargepoints.models import DerControl
from tests.operated import Payload, at
from tests.operated_station import OperatedStation

LIMIT: Payload = {"priority": 1, "pctMaxDischargePower": 80}
CURVE: Payload = {
    "priority": 1,
    "yUnit": "PctMaxVar",
    "curveData": [{"x": 94, "y": 60}, {"x": 106, "y": -60}],
}


async def sets(
    station: OperatedStation, type: str, setting: Payload, *superseded: str, **more: Any
) -> Payload:
    args = {"control_type": type, "setting": setting} | more
    answer: Payload = {"status": "Accepted"}
    if superseded:
        answer["supersededIds"] = list(superseded)
    request, command = await station.command("set_der_control", args, "SetDERControl", answer)
    assert command["state"] == "accepted", command
    return request


def known(station: OperatedStation) -> list[tuple[str, str, bool]]:
    rows = DerControl.objects.filter(charge_point=station.row).order_by("id")
    return [(row.control_id, row.type, row.is_superseded) for row in rows]


async def test_a_control_is_set_under_its_field_and_supersedes_another(
    station: OperatedStation,
) -> None:
    """R04.FR.03, FR.06."""
    first = await sets(station, "LimitMaxDischarge", LIMIT, control_id="L-1")
    assert first == {
        "isDefault": False,
        "controlId": "L-1",
        "controlType": "LimitMaxDischarge",
        "limitMaxDischarge": LIMIT,
    }
    await sets(station, "LimitMaxDischarge", LIMIT, "L-1", control_id="L-2")
    curve = await sets(station, "VoltVar", CURVE, is_default=True)
    assert curve["curve"] == CURVE
    assert known(station) == [
        ("L-1", "LimitMaxDischarge", True),
        ("L-2", "LimitMaxDischarge", False),
        (curve["controlId"], "VoltVar", False),
    ]
    listed = (await station.http("GET", "der-controls")).json()["results"]
    assert [each["setting"] for each in listed] == [LIMIT, LIMIT, CURVE]


async def test_a_control_of_less_priority_is_superseded_itself(station: OperatedStation) -> None:
    """R04.FR.08."""
    await sets(station, "LimitMaxDischarge", LIMIT, "L-9", control_id="L-9")
    assert known(station) == [("L-9", "LimitMaxDischarge", True)]


async def test_a_setting_that_is_none_of_its_type_is_refused(station: OperatedStation) -> None:
    args = {"control_type": "VoltVar", "setting": {"priority": 1}}
    assert (await station.refuses("set_der_control", args))["code"] == "invalid_args"
    args = {"control_type": "WarpDrive", "setting": CURVE}
    assert (await station.refuses("set_der_control", args))["code"] == "not_supported"


async def test_controls_are_reported_in_parts(station: OperatedStation) -> None:
    """R04.FR.30 and the report."""
    request, command = await station.command(
        "get_der_controls", {"is_default": True}, "GetDERControl", {"status": "Accepted"}
    )
    number = request.pop("requestId")
    assert request == {"isDefault": True}
    entry = {"id": "C-1", "isDefault": True, "isSuperseded": False}
    curve = entry | {"curveType": "VoltWatt", "curve": CURVE}
    absorb = {"displacement": 0.9, "excitation": True, "priority": 2}
    factor = entry | {"id": "P-1", "fixedPF": absorb}
    gradient = {"id": "G-1", "gradient": {"priority": 1, "gradient": 5, "softGradient": 1}}
    for part in ({"curve": [curve], "tbc": True}, {"fixedPFAbsorb": [factor]}):
        assert await station.call("ReportDERControl", {"requestId": number} | part) == {}
    settled = await station.settled(command)
    assert settled.state == "effect_confirmed"
    assert settled.result == [{"curve": [curve]}, {"fixedPFAbsorb": [factor]}]
    await station.call("ReportDERControl", {"requestId": 4711, "gradient": [gradient]})
    assert known(station) == [
        ("C-1", "VoltWatt", False),
        ("P-1", "FixedPFAbsorb", False),
        ("G-1", "Gradients", False),
    ]
    _, command = await station.command(
        "get_der_controls", {}, "GetDERControl", {"status": "NotFound"}
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "NotFound")


async def test_controls_are_cleared(station: OperatedStation) -> None:
    """R04.FR.41, FR.42."""
    await sets(station, "LimitMaxDischarge", LIMIT, control_id="L-1")
    await sets(station, "VoltVar", CURVE, control_id="V-1", is_default=True)
    request, _ = await station.command(
        "clear_der_controls", {"control_id": "L-1"}, "ClearDERControl", {"status": "Accepted"}
    )
    assert request == {"isDefault": False, "controlId": "L-1"}
    assert known(station) == [("V-1", "VoltVar", False)]
    _, command = await station.command(
        "clear_der_controls", {"is_default": True}, "ClearDERControl", {"status": "NotFound"}
    )
    assert (command["state"], known(station)) == ("accepted", [])


async def test_what_begins_and_ends_is_told_to_core_once(station: OperatedStation) -> None:
    """R04.FR.21."""
    await sets(station, "LimitMaxDischarge", LIMIT, control_id="L-1")
    await sets(station, "LimitMaxDischarge", LIMIT, control_id="L-2")
    told = {"controlId": "L-2", "started": True, "timestamp": at(), "supersededIds": ["L-1"]}
    for _ in range(2):
        assert await station.call("NotifyDERStartStop", told) == {}
    (event,) = station.events("der.control_changed")
    assert (event.data["control_id"], event.data["started"]) == ("L-2", True)
    assert known(station)[0] == ("L-1", "LimitMaxDischarge", True)


async def test_an_alarm_of_the_grid_is_told_to_core(station: OperatedStation) -> None:
    """R05."""
    alarm = {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage", "timestamp": at()}
    assert await station.call("NotifyDERAlarm", alarm) == {}
    assert await station.call("NotifyDERAlarm", alarm | {"alarmEnded": True}) == {}
    told = [(each.data["fault"], each.data["ended"]) for each in station.events("der.alarm")]
    assert told == [("OverVoltage", False), ("OverVoltage", True)]
