"""What a message or an event says, in one line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoints.services.history import meanings
from chargepoints.services.history.meanings import Meaning


def meaning(action: str, asked: Any, answer: Any) -> Meaning:
    request, reply = json.dumps([2, "1", action, asked]), json.dumps([3, "1", answer])
    return meanings.of_message(request, reply)


SAMPLES_16 = [
    {"value": "149200", "measurand": "Power.Active.Import", "unit": "W"},
    {"value": "63", "measurand": "SoC", "unit": "Percent"},
]
SAMPLES_201 = [
    {"value": 149.2, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}},
    {"value": 63, "measurand": "SoC"},
]
TOKEN = {"idToken": "04A1", "type": "ISO14443"}


@pytest.mark.parametrize(
    ("action", "asked", "text"),
    [
        (
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"sampledValue": SAMPLES_16}]},
            "EVSE 1, 149.2 kW, 63 %",
        ),
        (
            "MeterValues",
            {"evseId": 1, "meterValue": [{"sampledValue": SAMPLES_201}]},
            "EVSE 1, 149.2 kW, 63 %",
        ),
        (
            "StatusNotification",
            {"connectorId": 2, "status": "Faulted", "errorCode": "GroundFailure"},
            "EVSE 2, Faulted, error GroundFailure",
        ),
        (
            "StatusNotification",
            {"evseId": 1, "connectorId": 2, "connectorStatus": "Occupied"},
            "EVSE 1, connector 2, Occupied",
        ),
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": "04A1", "meterStart": 12345},
            "EVSE 1, token 04A1, meter at 12.3 kWh",
        ),
        (
            "TransactionEvent",
            {
                "eventType": "Started",
                "triggerReason": "Authorized",
                "transactionInfo": {"chargingState": "EVConnected"},
                "evse": {"id": 1, "connectorId": 1},
                "idToken": TOKEN,
            },
            "EVSE 1, token 04A1, Started, Authorized, EVConnected",
        ),
        (
            "BootNotification",
            {"chargePointVendor": "Acme", "chargePointModel": "W1", "firmwareVersion": "1.2"},
            "Acme W1 1.2",
        ),
        (
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "W1"}},
            "PowerUp, Acme W1",
        ),
        ("ChangeConfiguration", {"key": "Interval", "value": "60"}, "Interval = 60"),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "Heartbeat"),
        ("Heartbeat", {}, ""),
    ],
)
def test_a_message_says_what_it_is_about(action: str, asked: Any, text: str) -> None:
    assert meaning(action, asked, {}).text == text


@pytest.mark.parametrize(
    ("answer", "verdict", "tone"),
    [
        ({"idTagInfo": {"status": "Accepted"}}, "Accepted", "good"),
        ({"idTagInfo": {"status": "Blocked"}, "transactionId": 4}, "Blocked", "bad"),
        ({"idTokenInfo": {"status": "Invalid"}}, "Invalid", "bad"),
        ({"status": "Rejected"}, "Rejected", "bad"),
        ({"status": "Scheduled"}, "Scheduled", "warn"),
        ({"currentTime": "2026-11-29T00:00:00Z"}, "", "plain"),
        ({}, "", "plain"),
    ],
)
def test_an_answer_that_refuses_is_no_success(answer: Any, verdict: str, tone: str) -> None:
    found = meaning("Authorize", {"idTag": "04A1"}, answer)
    assert (found.verdict, found.tone) == (verdict, tone)


def test_a_frame_that_is_cut_says_nothing() -> None:
    long = {"idTag": "04A1", "transactionData": ["x" * 5000]}
    assert meaning("StopTransaction", long, {}).text == ""


def test_a_key_code_is_not_shown() -> None:
    code = {"idToken": "1234", "type": "KeyCode"}
    assert "1234" not in meaning("Authorize", {"idToken": code}, {}).text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"evse_id": 1, "connector_id": 1, "status": "faulted", "previous_status": "occupied"},
            "EVSE 1, faulted, occupied",
        ),
        (
            {"transaction_id": "17", "evse_id": 1, "energy_wh": 12345.0, "stop_reason": "Local"},
            "EVSE 1, transaction 17, 12.3 kWh, Local",
        ),
        ({"id_token": {"value": "04A1"}, "status": "blocked"}, "token 04A1, blocked"),
        (
            {
                "evse_id": 1,
                "meter_values": [{"energy_wh": None, "power_w": 149e3, "soc_percent": 63}],
            },
            "EVSE 1, 149.0 kW, 63.0 %",
        ),
        ({}, ""),
    ],
)
def test_an_event_says_what_it_is_about(data: Any, text: str) -> None:
    assert meanings.of_event(data) == text


NAMES = ["idTag", "idToken", "evse", "meterValue", "transactionInfo", "status", "chargingStation"]
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "sampledValue", "value", "id"]), inner)
    ),
    max_leaves=10,
)


@given(junk, junk)
def test_whatever_a_frame_holds_there_is_a_line(asked: Any, answer: Any) -> None:
    assert isinstance(meaning("Authorize", asked, answer).text, str)
    if isinstance(asked, dict):
        assert isinstance(meanings.of_event(asked), str)
