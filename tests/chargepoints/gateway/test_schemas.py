"""Payloads against their schemas: numbers above all, which chargers write as they like."""

import pytest

from chargepoints.protocol.schemas import Schemas

V16 = Schemas("ocpp.v16", request_suffix="")
V201 = Schemas("ocpp.v201", request_suffix="Request")
TIME = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("sent", "taken", "deviation"),
    [
        (5, 5, None),
        (5.0, 5, "type"),
        ("5", 5, "type"),
        ("5.4", 5, "type"),
        (-1, -1, None),
        (-1e300, -(2**53), "minimum"),
        (2**64, 2**53, "maximum"),
        ("9" * 19, 2**53, "maximum"),
    ],
)
def test_an_integer_is_taken_as_one_that_columns_hold(
    sent: object, taken: int, deviation: str | None
) -> None:
    status = {"timestamp": TIME, "evseId": sent, "connectorId": 1, "connectorStatus": "Available"}
    checked = V201.check_request("StatusNotification", status)
    assert checked.hard is None
    assert checked.payload["evseId"] == taken
    assert isinstance(checked.payload["evseId"], int)
    found = {f"{each.keyword}:{each.pointer}" for each in checked.soft}
    assert (f"{deviation}:/evseId" in found) if deviation else not found


def test_a_register_may_hold_more_than_32_bits() -> None:
    start = {"connectorId": 1, "idTag": "T", "meterStart": 3 * 10**9, "timestamp": TIME}
    checked = V16.check_request("StartTransaction", start)
    assert (checked.payload["meterStart"], list(checked.soft)) == (3 * 10**9, [])
