"""Meter values in other forms than the schema has them: what is made of each."""

from typing import Any

import pytest

from chargepoints.protocol.schemas import Schemas

V16 = Schemas("ocpp.v16", request_suffix="")
V201 = Schemas("ocpp.v201", request_suffix="Request")
T1, T2 = "2026-11-30T08:00:00Z", "2026-11-30T08:01:00Z"
A, B = {"value": "7", "unit": "Wh"}, {"value": "8", "measurand": "Voltage", "unit": "V"}
IN_16 = [{"timestamp": T1, "sampledValue": [A, B]}]


def of_16(action: str, payload: Any) -> Any:
    names = {"MeterValues": "meterValue", "StopTransaction": "transactionData"}
    rest = {"MeterValues": {"connectorId": 1}}.get(
        action, {"transactionId": 5, "meterStop": 7, "timestamp": T2}
    )
    checked = V16.check_request(action, rest | payload)
    assert checked.hard is None
    assert checked.soft[0].keyword == "samples_in_other_form"
    assert checked.soft[0].pointer == f"/{names[action]}"
    assert rest.items() <= checked.payload.items()
    return checked.payload[names[action]]


@pytest.mark.parametrize(
    "payload",
    [
        {"values": [{"timestamp": T1, "values": [A, B]}]},
        {"values": {"timestamp": T1, "values": [A, B]}},
        {"values": [{"timestamp": T1, "value": [A, B]}]},
        {"values": [{"timestamp": T1, "sampledValue": [A, B]}]},
        {"meterValue": [{"timestamp": T1, "values": [A, B]}]},
        {"meterValue": [{"timestamp": T1, **A}, {"timestamp": T1, **B}]},
        {"values": [{"timestamp": T1, **A}, {"timestamp": T1, **B}]},
        {"timestamp": T1, "sampledValue": [A, B]},
    ],
)
def test_what_is_said_as_1_5_has_it_or_in_a_flat_list_is_grouped(payload: Any) -> None:
    assert of_16("MeterValues", payload) == IN_16


def test_the_samples_of_a_stop_may_be_grouped_once_more() -> None:
    inner = [{"timestamp": T1, "values": [A, B]}]
    assert of_16("StopTransaction", {"transactionData": [{"values": inner}]}) == IN_16
    assert of_16("StopTransaction", {"transactionData": inner}) == IN_16
    assert of_16("StopTransaction", {"transactionData": {"values": inner}}) == IN_16


def test_moments_stay_apart_and_what_needs_no_grouping_stays_as_it_is() -> None:
    flat = [{"timestamp": T1, **A}, {"timestamp": T2, **B}]
    assert of_16("MeterValues", {"meterValue": [*flat, *IN_16]}) == [
        {"timestamp": T1, "sampledValue": [A]},
        {"timestamp": T2, "sampledValue": [B]},
        *IN_16,
    ]


def test_a_station_s_samples_are_grouped_too() -> None:
    told = {"evseId": 1, "values": [{"timestamp": T1, "values": [{"value": "7"}]}]}
    checked = V201.check_request("MeterValues", told)
    assert checked.hard is None
    assert checked.payload == {
        "evseId": 1,
        "meterValue": [{"timestamp": T1, "sampledValue": [{"value": 7}]}],
    }


def test_a_message_without_samples_is_left_alone() -> None:
    checked = V16.check_request("Authorize", {"idTag": "TAG", "values": [{"value": 1}]})
    assert checked.payload == {"idTag": "TAG", "values": [{"value": 1}]}
