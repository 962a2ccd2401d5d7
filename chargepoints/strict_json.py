"""JSON that people and programs write: only what every database can store."""

import re
from typing import Any

import orjson

MAX_DEPTH = 32
# PostgreSQL has no text with NUL in it. An even number of backslashes before it escapes nothing.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def loads(text: bytes) -> Any:
    """No NaN, no lone surrogate, no NUL, no bottomless nesting.

    Raises ValueError, whose message says what the text is or has, e.g. "is not JSON".
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from None
    if _NUL.search(text):
        raise ValueError("has a NUL character in it")
    if _deeper_than(MAX_DEPTH, value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    return value


def _deeper_than(most: int, value: Any) -> bool:
    level = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _members(outer)]
        if not level:
            return False
    return True


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
