"""What the trace stores of a message's text, and what can be read of it again."""

import re
from collections.abc import Iterable

import orjson

from chargepoints.gateway import ocppj
from chargepoints.gateway.long_messages import ORDINARY_LENGTH
from chargepoints.gateway.ocppj import Call, Send

_CUT = re.compile(r" \.\.\. \(\d+ characters\)")
# PostgreSQL keeps no NUL: this stands for it. A text that had a raw one was repaired.
_NUL, _FOR_NUL = "\x00", "\ufffd"
_REPAIRED = frozenset({"repaired_json", "truncated"})


def of_text(text: str) -> str:
    """Of a long message its beginning and its length."""
    return _beginning(text, len(text))


def of_call(text: str, call: Call) -> str:
    """As `of_text`, with its longest member last, of which alone something lacks.

    So what the trace has of it can be read again (`read_again`), and says what it was about.
    """
    if call.partial or isinstance(call, Send) or not isinstance(call.payload, dict):
        return of_text(text)
    by_length = sorted(call.payload.items(), key=lambda member: len(orjson.dumps(member[1])))
    ordered = ocppj.encode_call(call.message_id, call.action, dict(by_length))
    return _beginning(ordered, len(text))


def without_nul(text: str) -> str:
    return text.replace(_NUL, _FOR_NUL)


def read_again(stored: str, deviations: Iterable[str]) -> tuple[str, bool]:
    """The text as far as it is stored, as it came, and whether there was more of it."""
    cut = len(stored) > ORDINARY_LENGTH and _CUT.fullmatch(stored, ORDINARY_LENGTH) is not None
    text = stored[:ORDINARY_LENGTH] if cut else stored
    if _FOR_NUL in text and _REPAIRED.intersection(deviations):
        text = text.replace(_FOR_NUL, _NUL)
    return text, cut


def _beginning(text: str, length: int) -> str:
    if len(text) <= ORDINARY_LENGTH:
        return text
    return f"{text[:ORDINARY_LENGTH]} ... ({length} characters)"
