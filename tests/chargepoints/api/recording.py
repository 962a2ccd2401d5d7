"""Keeps the examples of the OpenAPI document true: compared with what is really said, or recorded.

`RECORD_EXAMPLES=1` has the tests write down what they see.
"""

import os
from typing import Any

import orjson

from chargepoints.api.examples import RECORDED

RECORDS = bool(os.environ.get("RECORD_EXAMPLES"))


def keep(name: str, request: Any, status: int, response: Any) -> None:
    """One operation or webhook: fails where the recorded example has another shape."""
    examples = orjson.loads(RECORDED.read_bytes())
    seen = {"request": request, "status": status, "response": response}
    if RECORDS:
        examples[name] = seen
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        RECORDED.write_bytes(orjson.dumps(dict(sorted(examples.items())), option=options))
        return
    assert name in examples, f"{name} has no example: RECORD_EXAMPLES=1"
    differences = list(_differences(examples[name], seen, name))
    assert not differences, f"{differences}; if that is meant: RECORD_EXAMPLES=1"


def _differences(recorded: Any, seen: Any, where: str) -> list[str]:
    """Other fields, or fields of another type; null stands for any, and a list for its first."""
    if recorded is None or seen is None:
        return []
    if isinstance(recorded, dict) and isinstance(seen, dict):
        missing = sorted(set(recorded) ^ set(seen))
        inner = [
            difference
            for name in set(recorded) & set(seen)
            for difference in _differences(recorded[name], seen[name], f"{where}.{name}")
        ]
        return [f"{where}: only in one of them: {missing}", *inner] if missing else inner
    if isinstance(recorded, list) and isinstance(seen, list):
        return _differences(recorded[0], seen[0], f"{where}[0]") if recorded and seen else []
    if isinstance(recorded, bool) or isinstance(seen, bool):
        alike = isinstance(recorded, bool) and isinstance(seen, bool)
    else:
        numbers = isinstance(recorded, int | float) and isinstance(seen, int | float)
        alike = numbers or type(recorded) is type(seen)
    return [] if alike else [f"{where}: {recorded!r} and {seen!r}"]
