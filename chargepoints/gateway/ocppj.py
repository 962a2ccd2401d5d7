"""OCPP-J framing: text to frames and back. No I/O; no input raises an exception.

OCPP-J 1.6 chapter 4; since OCPP 2.0.1 part 4, chapter 4.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from chargepoints.gateway import message_ids, tolerant_json

CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND = 2, 3, 4, 5, 6
_TYPES = (CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND)

MAX_DEPTH = 16
MAX_NODES = 20_000

_BETWEEN_FRAMES = re.compile(r"[\x00\ufeff,\s]*")

# Deviations of the frame itself. A payload of null is allowed: 2.0.1 part 4, 4.1.5.
FRAME_DEFECTS = frozenset(
    {
        "extra_frame_elements",
        "message_id_as_number",
        "message_id_too_long",
        "message_type_as_string",
        "no_message_id",
        "no_payload",
        "repaired_json",
        "several_frames",
        "too_large",
        "too_long",
        "text_after_frame",
        "truncated",
    }
)

# The charger answers our CALL with the message type of a CALL.
AS_A_CALL = "answer_as_a_call"

# The payload is not an object, but can be converted to one.
OTHER_FORM = "payload_in_other_form"

Payload = dict[str, Any]


@dataclass(slots=True)
class Call:
    """`partial`: the payload contains only the part that could be read.
    `json_id`: the id as JSON for the answer, if it differs from the stored text.
    """

    message_id: str
    action: str
    payload: Any
    deviations: list[str] = field(default_factory=list)
    partial: bool = False
    json_id: str = ""


@dataclass(slots=True)
class Send(Call):
    """A SEND that cannot be read: it gets no answer, not even a CALLERROR."""


@dataclass(slots=True)
class CallResult:
    message_id: str
    payload: Any
    deviations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CallError:
    message_id: str
    code: str
    description: str
    details: Any
    deviations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CallResultError:
    """The charger could not read our CALLRESULT with this id."""

    message_id: str
    code: str
    description: str
    details: Any
    deviations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Malformed:
    """A text that is not a valid frame; `message_id` is set if it can be answered.

    `unknown_type`: its message type does not exist in this version of OCPP.
    `answers`: set if it is plainly no CALL: the id of the CALL that it answers, if readable.
    `too_large`: it has too many values, or is nested too deep.
    `json_id`: as in Call. `meant`: the answer that it may be, sent with the type of a CALL.
    """

    reason: str
    message_id: str | None = None
    unknown_type: bool = False
    answers: str | None = None
    deviations: list[str] = field(default_factory=list)
    too_large: bool = False
    json_id: str = ""
    meant: CallResult | None = None


Frame = Call | CallResult | CallError | CallResultError | Malformed


@dataclass(slots=True)
class Several:
    """Several frames in one WebSocket message: their texts, with any text after the last one."""

    texts: list[str]


def decode(text: str, most_values: int = MAX_NODES) -> Frame | Several:
    try:
        document = orjson.loads(text)
    except ValueError:
        return _decode_tolerantly(text, most_values)
    return _decoded(text, document, most_values, [])


def _decoded(text: str, document: Any, most_values: int, deviations: list[str]) -> Frame:
    if "\\u0000" in text:
        document = _without_nul(document)
        deviations.append("nul_character")
    if isinstance(document, str) and document.lstrip().startswith("["):
        # Some chargers send the frame as a JSON string.
        return _in_a_text(document, most_values)
    if not isinstance(document, list) or not document:
        return Malformed("a frame is a JSON array")
    if is_too_large(text, document, most_values):
        return _too_large(text)
    if len(document) == 4 and document[0] == CALL and _is_plain(document):
        return Call(document[1], document[2], document[3], deviations)
    return _frame(document, deviations)


def _in_a_text(text: str, most_values: int) -> Frame:
    frame = decode(text, most_values)
    if isinstance(frame, Several):
        return Malformed("a frame is a JSON array")
    frame.deviations.append("repaired_json")
    return frame


def encode_call(message_id: str, action: str, payload: Payload, json_id: str = "") -> str:
    return orjson.dumps([CALL, message_ids.as_json(message_id, json_id), action, payload]).decode()


def encode_call_result(message_id: str, payload: Payload, json_id: str = "") -> str:
    return orjson.dumps([CALLRESULT, message_ids.as_json(message_id, json_id), payload]).decode()


def encode_call_error(
    message_id: str, code: str, description: str, details: Payload, json_id: str = ""
) -> str:
    named = message_ids.as_json(message_id, json_id)
    # Part 4, 4.2.3: the description has at most 255 characters.
    return orjson.dumps([CALLERROR, named, code, description[:255], details]).decode()


def encode_call_result_error(message_id: str, code: str, description: str) -> str:
    return orjson.dumps([CALLRESULTERROR, message_id, code, description[:255], {}]).decode()


def unknown_type(kind: object, message_id: str | None, json_id: str = "") -> Malformed:
    reason = f"unknown message type {str(kind)[:20]}"
    return Malformed(reason, message_id, unknown_type=True, json_id=json_id)


def _frame(document: list[Any], deviations: list[str]) -> Frame:
    kind = document[0]
    if isinstance(kind, str) and kind in ("2", "3", "4", "5", "6"):
        kind = int(kind)
        deviations.append("message_type_as_string")
    message_id, json_id = message_ids.read(document[1] if len(document) > 1 else False, deviations)
    if kind not in _TYPES or isinstance(kind, bool):
        return unknown_type(kind, message_id, json_id)
    if message_id is None:
        return Malformed("no message id", answers=None if kind == CALL else "")
    if kind in (CALL, SEND):
        return _call(kind, (message_id, json_id), document, deviations)
    if kind == CALLRESULT:
        payload = document[2] if len(document) > 2 else None
        if len(document) == 4 and isinstance(payload, str) and isinstance(document[3], dict):
            # The charger has put the action in front of the payload, as in a CALL.
            payload = document[3]
            deviations.append("extra_frame_elements")
        return CallResult(message_id, _as_object(payload, deviations), deviations)
    code, description, details = (document[2:5] + [None, None, None])[:3]
    error = CallError if kind == CALLERROR else CallResultError
    return error(message_id, str(code or ""), str(description or ""), details, deviations)


def _call(
    kind: int, ids: tuple[str, str], document: list[Any], deviations: list[str]
) -> Call | Malformed:
    message_id, json_id = ids
    if len(document) < 3 or not isinstance(document[2], str):
        malformed = Malformed("a CALL names its action", message_id, json_id=json_id)
        if kind != CALL:
            malformed.answers = ""
        elif len(document) > 2 and isinstance(document[-1], dict):
            malformed.meant = CallResult(message_id, document[-1], [*deviations, AS_A_CALL])
        return malformed
    if len(document) != 4:
        deviations.append("extra_frame_elements" if len(document) > 4 else "no_payload")
    payload = document[3] if len(document) > 3 else {}
    call = Call if kind == CALL else Send
    payload = _as_object(payload, deviations)
    return call(message_id, document[2], payload, deviations, json_id=json_id)


def _is_plain(document: list[Any]) -> bool:
    """Whether it is a CALL without any defect, as nearly all are."""
    _, message_id, action, payload = document
    return (
        type(message_id) is type(action) is str
        and 0 < len(message_id) <= message_ids.LONGEST
        and type(payload) is dict
    )


def _as_object(payload: Any, deviations: list[str]) -> Any:
    """Part 4, 4.1.5: null is an empty payload. Other forms are converted as well."""
    if payload is None:
        deviations.append("null_payload")
        return {}
    if isinstance(payload, dict) or (meant := _object_in(payload)) is None:
        return payload
    deviations.append(OTHER_FORM)
    return meant


def _object_in(payload: Any) -> Payload | None:
    """PHP and Lua write an empty object as `[]`; other chargers send the payload as a string."""
    if payload in ([], ""):
        return {}
    if isinstance(payload, str):
        payload = _read_from_text(payload)
    alone = payload[0] if isinstance(payload, list) and len(payload) == 1 else None
    return alone if isinstance(alone, dict) else None


def _read_from_text(text: str) -> list[Any]:
    """A list with the JSON value of the text; empty if it is not JSON, or too large."""
    try:
        read = [orjson.loads(text)]
    except ValueError:
        return []
    return [] if is_too_large(text, read, MAX_NODES) else [_without_nul(read[0])]


def _decode_tolerantly(text: str, most_values: int) -> Frame | Several:
    """Read a frame with defects that are known from chargers."""
    start = _next_frame(text, 0)
    try:
        found = _read(text, start, most_values)
    except tolerant_json.TooMuchError:
        return _too_large(text)
    except tolerant_json.UnreadableError:
        return _unreadable(text, "not JSON")
    if found.cut:
        return _unclosed_answer(text, most_values) or _truncated(text, _without_nul(found.value))
    following = _next_frame(text, found.end)
    if text.startswith("[", following):
        return Several(_split(text, start, most_values))
    left = ["text_after_frame"] if following < len(text) else []
    return _decoded(text, found.value, most_values, ["repaired_json", *left])


def _read(text: str, start: int, most_values: int) -> tolerant_json.Reading:
    return tolerant_json.read(text, start, most_values=most_values, deepest=MAX_DEPTH)


def _split(text: str, at: int, most_values: int) -> list[str]:
    """The text of each frame; the last one may be unreadable."""
    texts = []
    while text.startswith("[", at):
        try:
            end = _read(text, at, most_values).end
        except tolerant_json.UnreadableError:
            end = len(text)
        texts.append(text[at:end])
        at = _next_frame(text, end)
    return texts


def _next_frame(text: str, at: int) -> int:
    # The pattern matches the empty text, too.
    return _BETWEEN_FRAMES.match(text, at).end()  # type: ignore[union-attr]


def _unclosed_answer(text: str, most_values: int) -> Frame | None:
    """An answer that lacks only its closing brackets."""
    if not text.rstrip().endswith(('"', "]", "}")):
        # A number or a word may have been truncated.
        return None
    try:
        document = orjson.loads(text.rstrip() + "}]")
    except ValueError:
        return None
    if not isinstance(document, list) or document[0] != CALLRESULT:
        return None
    return _decoded(text, document, most_values, ["repaired_json"])


def _truncated(text: str, document: Any) -> Frame:
    """A truncated CALL, or Malformed if it has no action or payload."""
    plain = isinstance(document, list) and len(document) == 4 and document[0] == CALL
    if plain and _is_plain(document):
        return Call(document[1], document[2], document[3], ["truncated"], partial=True)
    return _unreadable(text, "not JSON")


def _too_large(text: str) -> Malformed:
    malformed = _unreadable(text, "too deep or too many values")
    malformed.too_large = True
    return malformed


def _unreadable(text: str, reason: str) -> Malformed:
    if (found := message_ids.at_beginning(text)) is None:
        return Malformed(reason)
    kind, message_id, json_id = found
    if kind == CALL:
        return Malformed(reason, message_id, json_id=json_id)
    return Malformed(reason, answers=message_id)


def is_too_large(text: str, document: Any, most_values: int) -> bool:
    # A cheap test first: a short text cannot contain too many values.
    if text.count("[") + text.count("{") <= MAX_DEPTH and len(text) <= 2 * most_values:
        return False
    nodes, level, depth = 0, [document], 0
    while level:
        depth += 1
        nodes += len(level)
        if depth > MAX_DEPTH or nodes > most_values:
            return True
        level = [child for node in level for child in _children(node)]
    return False


def _children(node: Any) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _without_nul(node: Any) -> Any:
    if isinstance(node, str):
        return node.replace("\x00", "\ufffd")
    if isinstance(node, list):
        return [_without_nul(child) for child in node]
    if isinstance(node, dict):
        return {_without_nul(key): _without_nul(child) for key, child in node.items()}
    return node
