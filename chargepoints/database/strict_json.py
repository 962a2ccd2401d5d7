"""JSON from people and programs: accepts only what every database can store and return."""

import re
from typing import Any

import orjson

MAX_DEPTH = 32
# PostgreSQL stores no NUL. The lookbehind skips backslashes that are escaped themselves.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def loads(text: bytes) -> Any:
    """Rejects NaN, lone surrogates, NUL, and too deep nesting.

    Raises ValueError, whose message completes a sentence, e.g. "is not JSON".
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
    """As orjson, but numbers may have any size: PostgreSQL returns 1e300 with 301 digits."""
    try:
        return orjson.dumps(value, option=option)
    except TypeError:
        return orjson.dumps(with_floats(value), option=option)


def with_floats(node: Any) -> Any:
    """Integers of more than 64 bits become floats again, as the charger sent them."""
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
