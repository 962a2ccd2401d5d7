"""Payloads made from a message's JSON schema, and the faults that one may have."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from hypothesis import strategies as st

from tests.fakes import frames

Schema = dict[str, Any]
Payload = dict[str, Any]
Path = tuple[str | int, ...]
NOW = "2026-11-22T08:00:00Z"
# No schema nests its fields deeper.
DEEPEST = 10


@cache
def schema_of(version: str, name: str) -> Schema:
    """`name` with its `Request` or `Response`, where the version has one."""
    path = resources.files("ocpp") / frames.SCHEMA_FOLDERS[version] / "schemas" / f"{name}.json"
    schema: Schema = json.loads(path.read_text("utf-8-sig"))
    return schema


# --- Every optional field, present and absent ---------------------------------------------------


def variations(schema: Schema) -> Iterator[Payload]:
    """With the optional fields down to each depth: each one is there once, and once is not.

    The first has none of them; in the last, all fields are there.
    """
    payload = None
    for depth in range(DEEPEST):
        deeper = _build(schema, schema, depth)
        if deeper == payload:
            return
        yield (payload := deeper)


def _build(schema: Schema, root: Schema, depth: int) -> Any:
    schema = resolved(schema, root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {
            name: _build(each, root, depth - 1)
            for name, each in schema.get("properties", {}).items()
            if depth > 0 or name in schema.get("required", [])
        }
    if kind == "array":
        count = min(2 if depth > 0 else 1, schema.get("maxItems", 2))
        return [_build(schema["items"], root, depth) for _ in range(count)]
    if schema.get("format") == "date-time":
        return NOW
    scalars: dict[str | None, Any] = {
        "string": "x" * min(schema.get("maxLength", 10), 10),
        "integer": max(int(schema.get("minimum", 1)), 1),
        "number": min(schema.get("maximum", 1.5), 1.5),
        "boolean": True,
    }
    # What has no type takes anything: the data of DataTransfer.
    return scalars.get(kind, {"anything": ["goes", 1, None]})


def resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    definition: Schema = root["definitions"][schema["$ref"].split("/")[-1]]
    return definition


# --- Any payload that fits ----------------------------------------------------------------------


def fitting(schema: Schema, root: Schema | None = None) -> st.SearchStrategy[Any]:
    """Whatever the schema allows."""
    root = root or schema
    schema = resolved(schema, root)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        parts = {name: fitting(each, root) for name, each in schema.get("properties", {}).items()}
        required = schema.get("required", [])
        optional = {name: part for name, part in parts.items() if name not in required}
        return st.fixed_dictionaries({name: parts[name] for name in required}, optional=optional)
    if kind == "array":
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + 2), least + 2)
        return st.lists(fitting(schema["items"], root), min_size=least, max_size=most)
    return _scalar(schema)


def _scalar(schema: Schema) -> st.SearchStrategy[Any]:
    if schema.get("format") == "date-time":
        moments = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
        return moments.map(datetime.isoformat)
    scalars: dict[str | None, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=min(schema.get("maxLength", 20), 20)),
        "integer": st.integers(
            int(schema.get("minimum", -(2**31))), int(schema.get("maximum", 2**31 - 1))
        ),
        "number": st.floats(
            schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False
        ),
        "boolean": st.booleans(),
    }
    return scalars.get(schema.get("type"), st.text() | st.integers() | st.lists(st.booleans()))


# --- Faults -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """`kind` of fault at `path`; `required`: the field has to be there."""

    kind: str
    path: Path
    required: bool
    payload: Payload


WRONG: dict[str, dict[str, Any]] = {
    "string": {"a number": 12, "too long": "x" * 11000, "nothing": "", "a NUL": "a\x00b"},
    "integer": {"text": "some", "digits": "12", "a huge one": 2**63, "a fraction": 1.5},
    "number": {"text": "some", "digits": "1.5", "a huge one": 1e308},
    "boolean": {"text": "some", "a number": 12},
    "array": {"text": "some", "an empty list": []},
    "object": {"text": "some", "a list": [1]},
}


def faults(schema: Schema) -> Iterator[Fault]:
    """The fullest payload with one thing wrong: each kind, at every place."""
    *_, fullest = variations(schema)
    yield Fault("unknown", (), False, {**fullest, "surprise": {"of": ["any", "kind"]}})
    for path, part, required in _places(schema, schema, fullest):
        if required:
            yield Fault("missing", path, required, altered(fullest, path, drop=True))
        yield Fault("null", path, required, altered(fullest, path, None))
        kind = str(part.get("type"))
        if kind not in ("object", "None"):
            yield Fault(
                f"an object for {kind}", path, required, altered(fullest, path, {"odd": [1]})
            )
        for name, value in WRONG.get(kind, {}).items():
            yield Fault(f"{name} for {kind}", path, required, altered(fullest, path, value))


def _places(
    schema: Schema, root: Schema, value: Any, path: Path = ()
) -> Iterator[tuple[Path, Schema, bool]]:
    """(path, its schema, whether it is required) of every field, in the first item of a list."""
    for name, inner in value.items():
        part = resolved(schema["properties"][name], root)
        here = (*path, name)
        yield here, part, name in schema.get("required", ())
        if part.get("type") == "object" and "properties" in part:
            yield from _places(part, root, inner, here)
        elif part.get("type") == "array" and isinstance(inner[0], dict):
            yield from _places(resolved(part["items"], root), root, inner[0], (*here, 0))


def altered(payload: Payload, path: Path, value: Any = None, *, drop: bool = False) -> Payload:
    """A copy with another value at `path`, or without it."""
    changed = copy.deepcopy(payload)
    holder: Any = changed
    for part in path[:-1]:
        holder = holder[part]
    if drop:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed
