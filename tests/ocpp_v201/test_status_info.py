"""Part 2, 3 (FR.02): what a station says in a `statusInfo` reaches whoever sent the command."""

import pytest

from tests.operated import Payload
from tests.operated_station import OperatedStation

BUSY: Payload = {"reasonCode": "FwUpdateInProgress", "additionalInfo": "half an hour to go"}


@pytest.mark.parametrize(
    ("info", "detail"),
    [
        (BUSY, "FwUpdateInProgress: half an hour to go"),
        ({"reasonCode": "Unspecified"}, "Unspecified"),
    ],
)
async def test_a_refused_command_tells_the_stations_reason(
    station: OperatedStation, info: Payload, detail: str
) -> None:
    answer = {"status": "Rejected", "statusInfo": info}
    _, command = await station.command("reset", {}, "Reset", answer)
    assert command["error"] == {"class": "station", "code": "Rejected", "detail": detail}


async def test_of_several_results_the_reason_is_that_of_the_refused_one(
    station: OperatedStation,
) -> None:
    named = [{"component": {"name": "EVSE"}, "variable": {"name": name}} for name in ("A", "B")]
    results = [
        named[0]
        | {"attributeStatus": "Accepted", "attributeStatusInfo": {"reasonCode": "NoError"}},
        named[1]
        | {"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "ReadOnly"}},
    ]
    wanted = [{"component": "EVSE", "variable": name, "value": "1"} for name in ("A", "B")]
    _, command = await station.command(
        "set_variables", {"variables": wanted}, "SetVariables", {"setVariableResult": results}
    )
    assert command["error"] == {"class": "station", "code": "Rejected", "detail": "ReadOnly"}
