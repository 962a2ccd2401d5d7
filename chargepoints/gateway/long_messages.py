"""Reads long messages about transactions, such as a stop with all samples of a night.

They are read one at a time in a process, outside the event loop. A message that is too long,
or was cut, is read in part: a charger repeats for ever what is not acknowledged (1.6, 4.10).
"""

import re
from typing import Any

import orjson

from chargepoints.gateway import ocppj, tolerant_json
from chargepoints.gateway.ocppj import CALL, Call
from chargepoints.protocol.versions import OcppVersion

# A message is long if its text is longer, or it has more values than `ocppj.MAX_NODES`.
ORDINARY_LENGTH = 128 * 1024
MOST_VALUES = 200_000

# Possessive quantifiers prevent backtracking: the text may be hostile.
_ID = r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|[^"',\s]*+"""
_ACTION = re.compile(
    rf"""[\s\x00\ufeff,]*+\[\s*+["']?2["']?\s*+,\s*+(?:{_ID})\s*+,\s*+["'](\w+)["']""", re.DOTALL
)


def may_be_long(version: OcppVersion, head: str) -> bool:
    """Whether a message that begins like this is about a transaction."""
    found = _ACTION.match(head)
    if found is None:
        return False
    handler = version.handlers.get(found[1])
    return handler is not None and handler.about_transactions is not None


def decode(text: str, *, cut: bool) -> ocppj.Frame | ocppj.Several:
    """`cut`: only the beginning of the message was received."""
    frame = ocppj.decode(text, MOST_VALUES)
    if isinstance(frame, ocppj.Malformed) and frame.too_large:
        return _in_part(text, frame)
    if cut and isinstance(frame, Call) and frame.partial:
        frame.deviations = ["too_long"]
    return frame


def _in_part(text: str, too_large: ocppj.Malformed) -> Call | ocppj.Malformed:
    """The message without its members that are too large or nested too deep."""
    document = _shallow(text)
    if document is None:
        return too_large
    if len(document) != 4 or str(document[0]) != str(CALL) or not isinstance(document[3], dict):
        return too_large
    kept = {name: value for name, value in document[3].items() if not _holds_too_much(value)}
    frame = ocppj.decode(orjson.dumps([*document[:3], kept]).decode(), MOST_VALUES)
    if not isinstance(frame, Call):
        return too_large
    frame.partial = True
    frame.deviations.append("too_large")
    return frame


def _shallow(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    bounds: Any = {"most_values": MOST_VALUES, "deepest": ocppj.MAX_DEPTH - 2}
    try:
        return tolerant_json.read(text, **bounds, without_deeper=True).value
    except tolerant_json.UnreadableError:
        return None


def _holds_too_much(value: Any) -> bool:
    if not isinstance(value, list | dict):
        return False
    # In a frame the value is nested two levels deep.
    framed = [[value]]
    return ocppj.is_too_large(orjson.dumps(framed).decode(), framed, MOST_VALUES // 2)
