"""JSON that is nearly JSON: read where it says one thing, in bounded time."""

import json
import time
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoints.gateway import tolerant_json
from chargepoints.gateway.tolerant_json import LARGEST, UnreadableError

BOUNDS: Any = {"most_values": 5000, "deepest": 16}


def value_of(text: str) -> Any:
    """What `{"x":text}` says of x; its name is missing where it says nothing."""
    found = tolerant_json.read('[2,"1","A",{"x":' + text + ',"y":1}]', **BOUNDS)
    assert not found.cut
    assert found.value[3].pop("y") == 1
    return found.value[3].get("x", "nothing")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"TAG\x10\x0e"', "TAG\x10\x0e"),
        ('"two\nlines\t"', "two\nlines\t"),
        ('"a\x00b"', "ab"),
        ("'single'", "single"),
        ("'with \"double\" inside'", 'with "double" inside'),
        (r"'it\'s'", "it's"),
        (r'"a\u00e9\n"', "a\u00e9\n"),
        (r'"\ud800"', "?"),
        ("", "nothing"),
        ("NaN", None),
        ("-Infinity", None),
        ("None", None),
        ("undefined", None),
        ("True", True),
        ("FALSE", False),
        ("1e400", LARGEST),
        ("-1e400", -LARGEST),
        ("9" * 5000, LARGEST),
        ("+5", 5),
        (".5", 0.5),
        ("5.", 5.0),
        ("007", "007"),
        ("04A1B2C3", "04A1B2C3"),
        ("Available", "Available"),
        ("[1,2,]", [1, 2]),
        ("[,1]", [1]),
        ("[1,,2]", [1, None, 2]),
        ("[]", []),
        ("{,}", {}),
        ("{a:1,}", {"a": 1}),
        ("{'a':{b:[{}]}}", {"a": {"b": [{}]}}),
        ('{"a":,"b":2}', {"b": 2}),
        ('{"a":}', {}),
    ],
)
def test_what_says_one_thing_is_read(text: str, value: Any) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "text",
    ['"a "b" c"', "'it's'", r'"C:\path"', "0x10", "12,5", '{"a" 1}', '{"a":1 "b":2}', "1 2", "(1)"],
)
def test_what_may_be_read_in_two_ways_is_not_read(text: str) -> None:
    with pytest.raises(UnreadableError):
        value_of(text)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ('{"id":7,"meterStop":12', {"id": 7}),
        ('{"id":7,"idTag":"04A1', {"id": 7}),
        ('{"id":7,"token":{"idToken":"A","ty', {"id": 7}),
        ('{"id":7,"list":[{"value":"1"},{"value":"2","meas', {"id": 7, "list": [{"value": "1"}]}),
        ('{"id":7,"list":[{"a":[1,2]},{"a":[1,', {"id": 7, "list": [{"a": [1, 2]}]}),
        ('{"id":7,', {"id": 7}),
        ('{"id"', {}),
    ],
)
def test_what_is_cut_keeps_what_is_whole_and_nothing_else(text: str, payload: Any) -> None:
    found = tolerant_json.read('[2,"1","A",' + text, **BOUNDS)
    assert found.cut
    assert found.value == [2, "1", "A", payload]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda children: st.lists(children) | st.dictionaries(st.text(max_size=5), children),
    max_leaves=20,
)


@given(st.lists(json_values) | st.dictionaries(st.text(max_size=5), json_values))
def test_json_is_read_as_it_always_is(value: Any) -> None:
    text = json.dumps(value)
    assert tolerant_json.read(text, most_values=10**6, deepest=100).value == orjson.loads(text)


@pytest.mark.parametrize("number", [2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400])
def test_no_whole_number_is_larger_than_json_is_written_with(number: int) -> None:
    [read] = tolerant_json.read(f"[{number}]", **BOUNDS).value
    assert isinstance(read, int) is (-(2**63) <= number < 2**64)
    assert orjson.dumps(read)


@given(st.text("[]{},:'\"\\\x00 ab1.-e", max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(UnreadableError):
        tolerant_json.read(text, **BOUNDS)


@pytest.mark.parametrize(
    "piece", ["[", "{", "[,", '{"a":', '"', "'", "\\", '["', "9", "a", ",", "[],", '"\\u0041",']
)
def test_two_mebibytes_of_anything_take_no_time(piece: str) -> None:
    text = '[2,"1","A",[' + piece * (2 * 1024 * 1024 // len(piece))
    began = time.process_time()
    with suppress(UnreadableError):
        tolerant_json.read(text, most_values=200_000, deepest=16)
    # What grows with the square of the length would take minutes.
    assert time.process_time() - began < 15
