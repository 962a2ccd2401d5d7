"""B05 to B08 beyond the test cases: what is asked of a device model, and what comes of answers."""

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
