"""Payloads that break their schema: what is put right, and what it costs where it cannot be."""

import time
from typing import Any

import pytest

from chargepoints.protocol.mending import Checked
from chargepoints.protocol.numbers_in_text import read_number
from chargepoints.protocol.versions import ResponseReading
from ocpp_v16.version import VERSION as V16
from ocpp_v201.version import VERSION as V201

TIME = "2026-01-01T00:00:00Z"


def noted(checked: Checked) -> list[str]:
    return [f"{each.keyword}:{each.pointer}" for each in checked.soft]


def answer(version: Any, action: str, payload: Any) -> Checked:
    reading = version.responses.get(action, ResponseReading())
    checked: Checked = version.schemas.check_response(action, payload, reading.dispensable)
    return checked


def request(version: Any, action: str, payload: Any) -> Checked:
    handler = version.handlers[action]
    checked: Checked = version.schemas.check_request(action, payload, handler.dispensable)
    return checked


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        (" -12.5 ", -12.5),
        ("12,5", 12.5),
        ("1,23456", 1.23456),
        ("+1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("12,500", None),
        ("1_000", None),
        ("1.234,5", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (",", None),
        ("twelve", None),
    ],
)
def test_a_number_in_a_text_is_read_where_it_is_one(text: str, number: float | None) -> None:
    assert read_number(text) == number


def test_a_bad_entry_of_a_configuration_costs_itself_alone() -> None:
    entries = [
        {"key": "A", "readonly": 1, "value": True},
        {"key": "B", "readonly": "false", "value": 10},
        {"key": "C", "value": {"a": [1]}},
        {"readonly": True, "value": "no key"},
        {"key": ["D"], "readonly": True},
        "E",
        None,
        {"key": "F", "readonly": False, "value": None},
    ]
    checked = answer(V16, "GetConfiguration", {"configurationKey": entries, "unknownKey": "G"})
    assert checked.hard is None
    assert checked.payload == {
        "configurationKey": [
            {"key": "A", "readonly": True, "value": "true"},
            {"key": "B", "readonly": False, "value": "10"},
            {"key": "C", "value": '{"a":[1]}'},
            {"key": "F", "readonly": False},
        ],
        "unknownKey": ["G"],
    }
    assert set(noted(checked)) >= {
        "type:/configurationKey/0/readonly",
        "type:/configurationKey/0/value",
        "required:/configurationKey/3",
        "type:/configurationKey/4/key",
        "type:/configurationKey/5",
        "type:/configurationKey/6",
    }


def test_a_bad_entry_of_a_report_costs_itself_alone() -> None:
    def data(name: Any, *attributes: Any) -> Any:
        return {
            "component": {"name": "C"},
            "variable": {"name": name},
            "variableAttribute": list(attributes),
        }

    good = data("Good", {"value": "1"}, {"value": False}, {"value": 2})
    without = {"component": {"name": "C"}, "variable": {"name": "Without"}}
    bad = [{"component": {"name": "C"}, "variableAttribute": [{}]}, data({"odd": [1]}, {}), 7]
    reported = {"reportData": [bad[0], good, bad[1], without, bad[2]]}
    checked = request(V201, "NotifyReport", reported)
    assert checked.hard is None
    good["variableAttribute"] = [{"value": "1"}, {"value": "false"}, {"value": "2"}]
    assert checked.payload == {"reportData": [good, without]}
    assert {"required:/requestId", "required:/seqNo", "required:/generatedAt"} <= set(
        noted(checked)
    )


def test_what_has_a_main_member_may_be_that_member_alone() -> None:
    event = {
        "eventType": "Ended",
        "seqNo": 1,
        "triggerReason": "EVDeparted",
        "timestamp": TIME,
        "transactionInfo": "T-1",
        "evse": 1,
        "idToken": "ABC",
        "offline": 0,
        "meterValue": {
            "timestamp": TIME,
            "sampledValue": ["12,5", {"value": "7", "unitOfMeasure": "kWh"}],
        },
    }
    checked = request(V201, "TransactionEvent", event)
    assert checked.hard is None
    assert checked.payload == event | {
        "transactionInfo": {"transactionId": "T-1"},
        "evse": {"id": 1},
        "idToken": {"idToken": "ABC"},
        "offline": False,
        "meterValue": [
            {
                "timestamp": TIME,
                "sampledValue": [{"value": 12.5}, {"value": 7, "unitOfMeasure": {"unit": "kWh"}}],
            }
        ],
    }


@pytest.mark.parametrize(
    "told",
    [
        {"transactionInfo": {"transactionId": "T-1"}},
        {"transactionInfo": {"transactionId": [1]}},
        {"transactionInfo": {}},
        {},
    ],
)
def test_a_transaction_event_needs_nothing_not_even_the_id_of_its_transaction(told: Any) -> None:
    assert request(V201, "TransactionEvent", told).hard is None


@pytest.mark.parametrize("missing", ["encodingMethod", "publicKey", "signingMethod"])
def test_a_signed_value_may_lack_what_says_how_it_is_signed(missing: str) -> None:
    signed = dict.fromkeys(["signedMeterData", "signingMethod", "encodingMethod", "publicKey"], "x")
    del signed[missing]
    element = {"timestamp": TIME, "sampledValue": [{"value": 5, "signedMeterValue": signed}]}
    checked = request(V201, "MeterValues", {"evseId": 1, "meterValue": [element]})
    assert checked.hard is None
    assert checked.payload["meterValue"] == [element]


def test_a_schedule_is_taken_as_a_whole_or_not_at_all() -> None:
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}, {"limit": 16}],
    }
    checked = answer(
        V16, "GetCompositeSchedule", {"status": "Accepted", "chargingSchedule": schedule}
    )
    assert (checked.payload, checked.hard) == ({"status": "Accepted"}, None)
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "validTo": [1],
        "chargingSchedule": [schedule | {"id": 1}],
    }
    fit = schedule | {"id": 1, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    good = profile | {"validTo": TIME, "chargingSchedule": [fit]}
    report = {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1}
    checked = request(V201, "ReportChargingProfiles", report | {"chargingProfile": [profile, good]})
    assert checked.hard is None
    assert checked.payload["chargingProfile"] == [good]


def test_what_costs_the_message_is_told_as_it_was_found() -> None:
    hard = request(V16, "Authorize", {"idTag": [1]}).hard
    assert hard is not None
    assert (hard.pointer, hard.code) == ("/idTag", "TypeConstraintViolation")
    hard = request(V16, "Authorize", {"idTag": None}).hard
    assert hard is not None
    assert (hard.pointer, hard.code) == ("", "OccurrenceConstraintViolation")


def test_data_of_any_form_is_taken_as_text() -> None:
    for data, text in [({"a": 1}, '{"a":1}'), ([1], "[1]"), (True, "true"), (5, "5")]:
        checked = request(V16, "DataTransfer", {"vendorId": "Acme", "data": data})
        assert (checked.hard, checked.payload["data"]) == (None, text)


def test_thirty_thousand_faults_are_noted_in_part_and_in_bounded_time() -> None:
    element = {"timestamp": TIME, "sampledValue": [{"odd": 1}]}
    payload = {"connectorId": 1, "meterValue": [element] * 30_000}
    began = time.process_time()
    checked = request(V16, "MeterValues", payload)
    assert time.process_time() - began < 10
    assert (checked.hard, len(checked.soft)) == (None, 100)
