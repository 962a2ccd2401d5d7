"""Payloads made from a message's JSON schema: the smallest, the fullest, and between."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

Schema = dict[str, Any]
NOW = "2026-11-22T08:00:00Z"


@cache
def request_schema(package: str, name: str) -> Schema:
    path = resources.files(package) / "schemas" / f"{name}.json"
    schema: Schema = json.loads(path.read_text("utf-8-sig"))
    return schema


def variations(schema: Schema) -> Iterator[tuple[str, Any]]:
    """What each is, and the payload: no optional field, all of them, and all but each one."""
    yield "smallest", build(schema, schema, full=False)
    fullest = build(schema, schema, full=True)
    yield "fullest", fullest
    for field in schema["properties"]:
        if field not in schema.get("required", []):
            yield f"without {field}", {k: v for k, v in fullest.items() if k != field}
            smallest = build(schema, schema, full=False)
            only = build(schema["properties"][field], schema, full=True)
            yield f"with {field} alone", smallest | {field: only}


def build(schema: Schema, root: Schema, *, full: bool) -> Any:
    """A value that fits `schema`, with all optional fields or with none."""
    if "$ref" in schema:
        return build(root["definitions"][schema["$ref"].split("/")[-1]], root, full=full)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, root, full=full)
    if kind == "array":
        return _array(schema, root, full=full)
    return _scalar(schema)


def _array(schema: Schema, root: Schema, *, full: bool) -> Any:
    count = 2 if full else max(schema.get("minItems", 1), 1)
    count = min(count, schema.get("maxItems", count))
    return [build(schema["items"], root, full=full) for _ in range(count)]


def _scalar(schema: Schema) -> Any:
    scalars: dict[str | None, Any] = {
        "string": _text(schema),
        "integer": max(schema.get("minimum", 1), 1),
        "number": 1.5,
        "boolean": True,
    }
    # What has no type takes anything: the data of DataTransfer.
    return scalars.get(schema.get("type"), {"anything": ["goes", 1, None]})


def _object(schema: Schema, root: Schema, *, full: bool) -> Any:
    required = schema.get("required", [])
    return {
        name: build(each, root, full=full)
        for name, each in schema.get("properties", {}).items()
        if full or name in required
    }


def _text(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return NOW
    longest: int = schema.get("maxLength", 10)
    return "x" * min(longest, 10)
