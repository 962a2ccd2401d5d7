"""B05 to B08 beyond the test cases: what is asked of a device model, and what comes of answers."""

import pytest

from chargepoints.models import Variable
from tests.operated import Payload
from tests.operated_station import OperatedStation

THRESHOLD: Payload = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "OfflineThreshold"},
}
REMOTE: Payload = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "AuthorizeRemoteStart"}}


async def test_results_that_come_in_another_order_are_of_the_variables_they_name(
    station: OperatedStation,
) -> None:
    """B05.FR.02."""
    variables = [
        {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold", "value": "123"},
        {"component": "AuthCtrlr", "variable": "AuthorizeRemoteStart", "value": "maybe"},
    ]
    results = [
        REMOTE | {"attributeStatus": "Rejected"},
        THRESHOLD | {"attributeStatus": "Accepted"},
    ]
    await station.command(
        "set_variables", {"variables": variables}, "SetVariables", {"setVariableResult": results}
    )
    (wanted,) = Variable.objects.filter(charge_point=station.row)
    assert (wanted.component, wanted.desired) == ("OCPPCommCtrlr", "123")


@pytest.mark.parametrize(
    ("type", "action"),
    [("get_custom_report", "GetReport"), ("get_monitoring_report", "GetMonitoringReport")],
)
@pytest.mark.parametrize(("variable", "most"), [("ItemsPerMessage", 2), ("BytesPerMessage", 300)])
async def test_a_report_is_asked_of_no_more_than_the_station_takes(
    station: OperatedStation, type: str, action: str, variable: str, most: int
) -> None:
    """B08.FR.06, N02.FR.07, and their twins for bytes."""
    await station.tells_variable(f"DeviceDataCtrlr.{variable}[GetReport]", most)
    variables = [{"component": "EVSE", "evse_id": number} for number in (1, 2, 3)]
    if variable == "BytesPerMessage":
        variables = [each | {"variable": "AvailabilityState"} for each in variables]
    refused = await station.refuses(type, {"variables": variables})
    assert "accepts 2 variables" in refused["detail"]
    request, _ = await station.command(
        type, {"variables": variables[:2]}, action, {"status": "Accepted"}
    )
    assert len(request["componentVariable"]) == 2


async def test_a_password_is_never_typed_by_hand(station: OperatedStation) -> None:
    password = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "5EC12E7"}
    command = await station.finished("set_variables", {"variables": [password]})
    assert (command["state"], command["error"]["class"]) == ("rejected", "gateway")


async def test_a_password_that_is_sent_raw_opens_the_door(station: OperatedStation) -> None:
    named = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    asked = {"setVariableData": [named | {"attributeValue": "a-password-of-my-own"}]}
    _, command = await station.command(
        "raw",
        {"action": "SetVariables", "payload": asked},
        "SetVariables",
        {"setVariableResult": [named | {"attributeStatus": "Accepted"}]},
    )
    assert command["state"] == "accepted"
    await station.reconnect(key="a-password-of-my-own")
