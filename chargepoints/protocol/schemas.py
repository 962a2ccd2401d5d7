"""JSON-schema validation of payloads, with the schemas of the `ocpp` package.

A defect is soft where what was meant is still plain (too long, an unknown word, an extra field,
a number as text), and hard where it is not (a field that is missing, an object where text
belongs).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

OCCURRENCE = "OccurrenceConstraintViolation"
TYPE = "TypeConstraintViolation"
PROPERTY = "PropertyConstraintViolation"
FORMAT = "FormatViolation"
# What a double holds exactly, and every column and JSON library takes; the handlers know what
# is more than a number of its kind can be.
LARGEST = 2**53
# Payloads nest their lists and objects this deep.
DEEPEST_MENDING = 4


@dataclass(frozen=True, slots=True)
class Violation:
    pointer: str
    message: str
    code: str
    soft: bool
    keyword: str


class Checked(NamedTuple):
    """A payload as its schema would have it, with what was found; `hard` is the first bad one."""

    payload: Any
    soft: Sequence[Violation]
    hard: Violation | None


class Schemas:
    """The schemas of one version: requests by action, responses by action.

    All are read at once: a process that has no more files to open still serves its chargers.
    """

    def __init__(self, package: str, *, request_suffix: str) -> None:
        # By the package above: importing the version's own costs a tenth of the server's start.
        top, *below = package.split(".")
        self._directory = files(top).joinpath(*below, "schemas")
        names = {
            entry.name.removesuffix(".json")
            for entry in self._directory.iterdir()
            if entry.name.endswith(".json")
        }
        self.actions = frozenset(
            name.removesuffix("Response") for name in names if name.endswith("Response")
        )
        self._requests = {
            action: self._validator(action + request_suffix) for action in self.actions
        }
        self._responses = {action: self._validator(action + "Response") for action in self.actions}
        self._by_lower_case = {action.lower(): action for action in self.actions}

    def action_in_any_case(self, name: str) -> str | None:
        return self._by_lower_case.get(name.lower())

    def check_request(
        self, action: str, payload: Any, dispensable: frozenset[str] = frozenset()
    ) -> Checked:
        """`dispensable` fields are done without where they are missing or cannot be read."""
        return _check(self._requests[action], payload, dispensable)

    def check_response(self, action: str, payload: Any) -> Checked:
        return _check(self._responses[action], payload)

    def request_violations(self, action: str, payload: Any) -> list[Violation]:
        return [_violation(error) for error in self._requests[action].iter_errors(payload)]

    def answer_fields(self, action: str) -> frozenset[str]:
        """What stands in an answer, without what is inside of that."""
        return frozenset(self._read(action + "Response").get("properties", ()))

    def _read(self, name: str) -> Any:
        path = self._directory.joinpath(f"{name}.json")
        return json.loads(path.read_text(encoding="utf-8-sig"))

    def _validator(self, name: str) -> Any:
        schema = self._read(name)
        _bound(schema)
        # Of later drafts 1.0 is an integer, which Python's arithmetic and columns would not have.
        return jsonschema_rs.Draft4Validator(schema)


def _bound(schema: Any) -> None:
    """Give every integer of the schema its bounds, in place."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "integer":
        schema.setdefault("minimum", -LARGEST)
        schema.setdefault("maximum", LARGEST)
    for child in schema.values():
        _bound(child)


def _check(validator: Any, payload: Any, dispensable: frozenset[str] = frozenset()) -> Checked:
    if validator.is_valid(payload):
        return Checked(payload, (), None)
    payload, found = _normalise(validator, payload, dispensable)
    for error in validator.iter_errors(payload):
        violation = _violation(error)
        if violation.keyword == "required" and error.kind.property in dispensable:
            pointer = f"{violation.pointer}/{error.kind.property}"
            violation = replace(violation, pointer=pointer, soft=True)
        found.append(violation)
    hard = next((violation for violation in found if not violation.soft), None)
    return Checked(payload, [violation for violation in found if violation.soft], hard)


def _violation(error: Any) -> Violation:
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    pointer = "".join(f"/{part}" for part in error.instance_path)
    if keyword == "required":
        return Violation(pointer, error.message, OCCURRENCE, False, keyword)
    if keyword == "type":
        # A payload that is no object at all has no fields to be wrong.
        code = TYPE if error.instance_path else FORMAT
        return Violation(pointer, error.message, code, False, keyword)
    if keyword in ("minItems", "maxItems", "additionalProperties"):
        code = FORMAT if keyword == "additionalProperties" else OCCURRENCE
        return Violation(pointer, error.message, code, True, keyword)
    if keyword == "format":
        return Violation(pointer, error.message, FORMAT, True, keyword)
    return Violation(pointer, error.message, PROPERTY, True, keyword)


def _normalise(
    validator: Any, payload: Any, dispensable: frozenset[str]
) -> tuple[Any, list[Violation]]:
    """A copy with mistaken types put right where that loses nothing, and what was put right.

    What is inside an object is looked at only when the object itself has its right type.
    """
    payload = json.loads(json.dumps(payload))
    mended: list[Violation] = []
    for _ in range(DEEPEST_MENDING):
        found = _mend(validator, payload, dispensable)
        mended += found
        if not found:
            break
    return payload, mended


def _mend(validator: Any, payload: Any, dispensable: frozenset[str]) -> list[Violation]:
    mended = []
    unreadable = []
    for error in list(validator.iter_errors(payload)):
        keyword = str(error.schema_path[-1])
        if not error.instance_path or keyword not in ("type", "minimum", "maximum"):
            continue
        *parents, last = error.instance_path
        holder = payload
        for part in parents:
            holder = holder[part]
        if keyword != "type":
            holder[last] = error.kind.limit
        elif error.instance is None and isinstance(holder, dict):
            # A field that is null is a field that is not there.
            del holder[last]
        else:
            found, value = _as_type(error.instance, getattr(error.kind, "types", ()))
            if found:
                holder[last] = value
            elif _name(error.instance_path) in dispensable:
                unreadable.append((holder, last))
            else:
                continue
        violation = _violation(error)
        mended.append(replace(violation, soft=True))
    for holder, last in reversed(unreadable):
        # From the end of a list on: what is before keeps its place.
        del holder[last]
    return mended


def _name(path: Sequence[Any]) -> Any:
    """The field's, or that of the list which the path leads into."""
    return next((part for part in reversed(path) if isinstance(part, str)), None)


def _as_type(value: Any, types: Any) -> tuple[bool, Any]:
    if "string" in types and isinstance(value, int | float) and not isinstance(value, bool):
        return True, str(value)
    if "array" in types and isinstance(value, dict):
        return True, [value]
    if isinstance(value, str):
        return _text_as_type(value.strip(), types)
    if "integer" in types and isinstance(value, float) and value.is_integer():
        return True, int(value)
    if "integer" in types and isinstance(value, float):
        return True, round(value)
    return False, None


def _text_as_type(text: str, types: Any) -> tuple[bool, Any]:
    try:
        if "integer" in types and len(text) < 20:
            return True, int(text) if text.lstrip("+-").isdecimal() else round(float(text))
        if "number" in types:
            number = float(text)
            return math.isfinite(number), number
    except (ValueError, OverflowError):
        return False, None
    if "boolean" in types and text.lower() in ("true", "false"):
        return True, text.lower() == "true"
    return False, None
