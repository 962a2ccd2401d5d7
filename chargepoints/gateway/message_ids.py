"""The id of a message: the text that is stored, and the JSON with which it is answered."""

import re
from typing import Any

import orjson

from chargepoints.gateway import tolerant_json

# Part 4, 4.1.4: at most 36 characters; longer ids are stored up to the second limit.
LONGEST, LONGEST_KEPT = 36, 255

# The beginning of a frame, with its type and its id.
_BEGINNING = re.compile(
    r"""[\s\x00\ufeff,]*\[\s*"?([2-6])"?\s*,\s*(?:"((?:[^"\\]|\\.)*)"|([\w.+-]{1,40})\s*,)""",
    re.DOTALL,
)


def read(value: Any, deviations: list[str]) -> tuple[str | None, str]:
    """The id to store, or None; and the id as JSON, if the answer must not use the stored one."""
    if isinstance(value, str) and len(value) <= LONGEST_KEPT:
        if len(value) > LONGEST:
            deviations.append("message_id_too_long")
        elif not value:
            deviations.append("no_message_id")
        return value, ""
    if isinstance(value, bool | list | dict):
        return None, ""
    written = orjson.dumps(value).decode()
    if value is None:
        deviations.append("no_message_id")
        return "", written
    too_long = isinstance(value, str)
    deviations.append("message_id_too_long" if too_long else "message_id_as_number")
    return str(value)[:LONGEST_KEPT], written


def at_beginning(text: str) -> tuple[int, str | None, str] | None:
    """The message type, and the result of `read`, from the beginning of an unreadable frame."""
    found = _BEGINNING.match(text)
    if found is None:
        return None
    kind, named, word = found.groups()
    try:
        # PostgreSQL keeps no NUL in a text.
        value = (
            orjson.loads(word) if word else tolerant_json.unescaped(named).replace("\x00", "\ufffd")
        )
    except ValueError:
        return None
    return int(kind), *read(value, [])


def as_json(message_id: str, json_id: str) -> Any:
    """The id for `orjson.dumps`, in the form in which it was received."""
    return orjson.Fragment(json_id) if json_id else message_id
