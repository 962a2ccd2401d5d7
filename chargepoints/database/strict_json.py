"""JSON that people and programs write: only what every database can store, and out again."""

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


def dumps(value: Any, *, option: int = 0) -> bytes:
    """As orjson, but a number may have any size: PostgreSQL gives 1e300 back with 301 digits."""
    try:
        return orjson.dumps(value, option=option)
    except TypeError:
        return orjson.dumps(with_floats(value), option=option)


def with_floats(node: Any) -> Any:
    """Integers of more than 64 bits become the floats that the charger had sent."""
    if isinstance(node, dict):
        return {key: with_floats(inner) for key, inner in node.items()}
    if isinstance(node, list):
        return [with_floats(inner) for inner in node]
    if isinstance(node, int) and not -(2**63) <= node < 2**64:
        return float(node)
    return node


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
