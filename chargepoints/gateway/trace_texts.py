"""Shortens a message's text for the trace, and restores it for reading."""

import re
from collections.abc import Iterable

import orjson

from chargepoints.gateway import ocppj
from chargepoints.gateway.long_messages import ORDINARY_LENGTH
from chargepoints.gateway.ocppj import Call, Send

_CUT = re.compile(r" \.\.\. \(\d+ characters\)")
# PostgreSQL stores no NUL, so it is replaced. A text with a raw NUL was repaired.
_NUL, _FOR_NUL = "\x00", "\ufffd"
_REPAIRED = frozenset({"repaired_json", "truncated"})


def of_text(text: str) -> str:
    """The text; of a long message, its beginning and its length."""
    return _beginning(text, len(text))


def of_call(text: str, call: Call) -> str:
    """As `of_text`, but with the longest member last, so that only this one is shortened.

    The stored text can be read again (`read_again`) and shows what the message was about.
    """
    if call.partial or isinstance(call, Send) or not isinstance(call.payload, dict):
        return of_text(text)
    by_length = sorted(call.payload.items(), key=lambda member: len(orjson.dumps(member[1])))
    ordered = ocppj.encode_call(call.message_id, call.action, dict(by_length))
    return _beginning(ordered, len(text))


def without_nul(text: str) -> str:
    return text.replace(_NUL, _FOR_NUL)


def read_again(stored: str, deviations: Iterable[str]) -> tuple[str, bool]:
    """The original text, as far as it was stored, and whether it was shortened."""
    cut = len(stored) > ORDINARY_LENGTH and _CUT.fullmatch(stored, ORDINARY_LENGTH) is not None
    text = stored[:ORDINARY_LENGTH] if cut else stored
    if _FOR_NUL in text and _REPAIRED.intersection(deviations):
        text = text.replace(_FOR_NUL, _NUL)
    return text, cut


def _beginning(text: str, length: int) -> str:
    if len(text) <= ORDINARY_LENGTH:
        return text
    return f"{text[:ORDINARY_LENGTH]} ... ({length} characters)"
