"""Framing: every text becomes a frame or says why not, and nothing raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoints.gateway import long_messages, ocppj
from chargepoints.gateway.ocppj import Call, CallError, CallResult, Malformed
from ocpp_v16.version import VERSION

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


def test_a_call_is_read() -> None:
    frame = ocppj.decode('[2,"1","Heartbeat",{}]')
    assert frame == Call("1", "Heartbeat", {})


def test_a_call_result_and_a_call_error_are_read() -> None:
    assert ocppj.decode('[3,"1",{"a":1}]') == CallResult("1", {"a": 1})
    error = ocppj.decode('[4,"1","GenericError","why",{"x":1}]')
    assert error == CallError("1", "GenericError", "why", {"x": 1})


def test_a_short_call_error_is_read_with_empty_parts() -> None:
    assert ocppj.decode('[4,"1","GenericError"]') == CallError("1", "GenericError", "", None)


@pytest.mark.parametrize(
    ("text", "deviation"),
    [
        ('\ufeff[2,"1","Heartbeat",{}]', "repaired_json"),
        ('[2,"1","Heartbeat",{}],', "repaired_json"),
        ('[2,"1","Heartbeat",{},]', "repaired_json"),
        ('[2,"1","Heartbeat",{}]\x00\x00', "repaired_json"),
        ('[2,"1","Heartbeat",null]', "null_payload"),
        ('[2,"1","Heartbeat"]', "no_payload"),
        ('["2","1","Heartbeat",{}]', "message_type_as_string"),
        ('[2,1,"Heartbeat",{}]', "message_id_as_number"),
        ('[2,"1","Heartbeat",{},{}]', "extra_frame_elements"),
    ],
)
def test_a_frame_with_a_known_fault_is_read_and_the_fault_noted(text: str, deviation: str) -> None:
    frame = ocppj.decode(text)
    assert isinstance(frame, Call)
    assert (frame.message_id, frame.action, frame.payload) == ("1", "Heartbeat", {})
    assert frame.deviations == [deviation]


@pytest.mark.parametrize(
    ("written", "kept", "deviation"),
    [
        ("17", "17", "message_id_as_number"),
        ("-3", "-3", "message_id_as_number"),
        ("1.5", "1.5", "message_id_as_number"),
        ("null", "", "no_message_id"),
        (f'"{"x" * 256}"', "x" * 255, "message_id_too_long"),
        (f'"{"ä" * 5000}"', "ä" * 255, "message_id_too_long"),
    ],
)
def test_an_id_of_another_form_is_answered_as_it_came_and_kept_as_a_text_that_fits(
    written: str, kept: str, deviation: str
) -> None:
    frame = ocppj.decode(f'[2,{written},"Heartbeat",{{}}]')
    assert isinstance(frame, Call)
    assert (frame.message_id, frame.deviations) == (kept, [deviation])
    reply = ocppj.encode_call_result(frame.message_id, {}, frame.json_id)
    assert reply == f"[3,{written},{{}}]"
    error = ocppj.encode_call_error(frame.message_id, "X", "", {}, frame.json_id)
    assert error == f'[4,{written},"X","",{{}}]'


@pytest.mark.parametrize("written", ["17", "0", "-1.5", "null", f'"{"x" * 256}"'])
def test_an_id_of_another_form_is_found_in_a_broken_call_too(written: str) -> None:
    for broken in (f'[2,{written},"Boot', f"[2,{written},5,{{}}]"):
        frame = ocppj.decode(broken)
        assert isinstance(frame, Malformed)
        error = ocppj.encode_call_error(str(frame.message_id), "X", "", {}, frame.json_id)
        assert error == f'[4,{written},"X","",{{}}]'
    # There may have been more of it.
    assert ocppj.decode("[2,17") == Malformed("not JSON")


@pytest.mark.parametrize("action", ["", ",null", ",7"])
def test_a_call_without_an_action_may_be_an_answer(action: str) -> None:
    frame = ocppj.decode(f'[2,"1"{action},{{"status":"Accepted"}}]')
    assert isinstance(frame, Malformed)
    assert frame.meant == CallResult("1", {"status": "Accepted"}, ["answer_as_a_call"])


def test_a_lone_surrogate_and_a_nul_become_replacement_characters() -> None:
    frame = ocppj.decode('[2,"1","DataTransfer",{"vendorId":"a\\ud800b","data":"x\\u0000"}]')
    assert isinstance(frame, Call)
    assert frame.payload == {"vendorId": "a?b", "data": "x\ufffd"}


@pytest.mark.parametrize(
    "text",
    ['[2,"7","Boot', '[2,"7","A",{"x":"a "b" c"}]', '[2,"7","A",{"x":0x10}]', '[2,"7",5,{}]'],
)
def test_the_id_of_a_broken_call_is_found(text: str) -> None:
    frame = ocppj.decode(text)
    assert isinstance(frame, Malformed)
    assert frame.message_id == "7"


def test_several_frames_of_one_message_are_taken_apart() -> None:
    texts = ['[2,"1","Heartbeat",{}]', '[2,"2","Heartbeat",{}]', '[2,"3","Heart']
    assert ocppj.decode("\n".join(texts)) == ocppj.Several(texts)
    assert ocppj.decode(", ".join(texts)) == ocppj.Several(texts)
    assert ocppj.decode("".join(texts[:2])) == ocppj.Several(texts[:2])


def test_a_frame_that_lacks_nothing_but_its_last_bracket_is_read() -> None:
    frame = ocppj.decode('[2,"1","Heartbeat",{}')
    assert frame == Call("1", "Heartbeat", {}, ["repaired_json"])
    assert ocppj.decode('[2,"1","Heartbeat"') == Malformed("not JSON", "1")


def test_an_answer_that_lacks_nothing_but_its_last_two_brackets_is_read() -> None:
    answers: list[ocppj.Payload] = [{"status": "Accepted"}, {"configurationKey": []}]
    for payload in answers:
        text = json.dumps([3, "1", payload])[:-2]
        assert ocppj.decode(text) == CallResult("1", payload, ["repaired_json"])
    for cut in ('[3,"1",{"status":"Acc', '[3,"1",{"status"', '[3,"1",{"listVersion":4', '[3,"1"'):
        frame = ocppj.decode(cut)
        assert isinstance(frame, Malformed)
        assert frame.answers == "1"


def test_what_follows_a_frame_and_is_none_is_left() -> None:
    frame = ocppj.decode('[2,"1","Heartbeat",{}]eartbeat",{}]')
    assert frame == Call("1", "Heartbeat", {}, ["repaired_json", "text_after_frame"])


def test_of_a_call_that_is_cut_the_members_that_are_whole_are_read() -> None:
    frame = ocppj.decode('[2,"1","StopTransaction",{"transactionId":7,"meterStop":45')
    assert frame == Call("1", "StopTransaction", {"transactionId": 7}, ["truncated"], partial=True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "hello", "[9]", "[2]", '[3,"1'])
def test_what_has_no_readable_id_is_malformed_without_one(text: str) -> None:
    frame = ocppj.decode(text)
    assert isinstance(frame, Malformed)
    assert frame.message_id is None


def test_what_is_read_of_a_call_that_is_cut_has_no_nul_character() -> None:
    frame = ocppj.decode('[2,"a\\u0000b","DataTransfer",{"vendorId":"\\u0000","data":"tr')
    assert isinstance(frame, Call) and frame.partial
    assert (frame.message_id, frame.payload) == ("a\ufffdb", {"vendorId": "\ufffd"})


def test_the_id_of_an_unreadable_frame_has_no_nul_character() -> None:
    for text in ('[2,"a\\u0000b","Heartbeat",{?', '[2,"a\\u0000b"', '[3,"a\\u0000b",{?'):
        frame = ocppj.decode(text)
        assert isinstance(frame, Malformed)
        assert (frame.message_id or frame.answers) == "a\ufffdb"


def test_a_frame_of_an_unknown_type_is_known_by_its_id() -> None:
    frame = ocppj.decode('[7,"1","Heartbeat",{}]')
    assert isinstance(frame, Malformed)
    assert (frame.message_id, frame.unknown_type) == ("1", True)


def test_a_frame_too_deep_or_with_too_many_values_is_malformed_but_answerable() -> None:
    deep = '[2,"7","A",' + '{"a":' * 20 + "1" + "}" * 20 + "]"
    wide = '[2,"7","A",{"a":[' + ",".join("1" * 21_000) + "]}]"
    for text in (deep, wide):
        frame = ocppj.decode(text)
        assert isinstance(frame, Malformed)
        assert frame.message_id == "7"


def test_json_a_hundred_thousand_deep_does_no_harm() -> None:
    assert isinstance(ocppj.decode('[2,"1","A",' + "[" * 100_000), Malformed)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    ocppj.decode(text)


@given(json_values)
def test_no_json_raises(value: object) -> None:
    ocppj.decode(json.dumps(value))


@given(st.text(min_size=1, max_size=36), json_values)
def test_any_call_is_answerable_by_its_id(message_id: str, payload: object) -> None:
    frame = ocppj.decode(json.dumps([2, message_id, "Heartbeat", payload]))
    assert isinstance(frame, Call | Malformed)
    if isinstance(frame, Call):
        assert frame.message_id.replace("\ufffd", "") in message_id.replace("\x00", "")


def test_a_payload_in_a_text_has_no_nul_characters() -> None:
    payload = json.dumps({"idTag": "A\x00B"})
    frame = ocppj.decode(json.dumps([2, "1", "Authorize", payload]))
    assert isinstance(frame, Call)
    assert frame.payload == {"idTag": "A\ufffdB"}


@pytest.mark.parametrize(
    "payload",
    ['{"a":' * 500 + "1" + "}" * 500, json.dumps({"a": [1] * (ocppj.MAX_NODES + 1)})],
    ids=["too_deep", "too_many_values"],
)
def test_a_payload_in_a_text_is_read_within_the_bounds_of_every_frame(payload: str) -> None:
    frame = ocppj.decode(json.dumps([2, "1", "DataTransfer", payload]))
    assert isinstance(frame, Call)
    assert frame.payload == payload


@pytest.mark.parametrize("end", ["", "1", '"', '"\\', "'x", '1 , "StopTransaction"'])
def test_what_a_long_message_is_about_is_found_at_once_whatever_stands_before_it(end: str) -> None:
    blanks = " " * 500_000
    about = end.endswith('Transaction"')
    assert long_messages.may_be_long(VERSION, f"[2,{blanks}{end}{blanks}") == about
    assert long_messages.may_be_long(VERSION, f'[2,"{blanks}",{blanks}"StopTransaction"')
