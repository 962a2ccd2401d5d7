"""Building blocks for the schemas of events."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
TEXT_OR_NULL: Json = {"type": ["string", "null"]}
TRUTH: Json = {"type": "boolean"}
INTEGER: Json = {"type": "integer"}
INTEGER_OR_NULL: Json = {"type": ["integer", "null"]}
NUMBER: Json = {"type": "number"}
NUMBER_OR_NULL: Json = {"type": ["number", "null"]}
TIME: Json = {"type": "string", "format": "date-time"}
TIME_OR_NULL: Json = {"type": ["string", "null"], "format": "date-time"}
# Values that a charge point chooses itself.
ANYTHING: Json = {}
OBJECT: Json = {"type": "object", "additionalProperties": True}


def reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Json) -> Json:
    return {"oneOf": [schema, {"type": "null"}]}


def list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def one_of(values: Iterable[str]) -> Json:
    return {"type": "string", "enum": list(values)}


def about(schema: Json, description: str) -> Json:
    return {**schema, "description": description}


def fields(description: str = "", /, *, optional: Iterable[str] = (), **properties: Json) -> Json:
    """An object with these fields; all are required, except `optional` ones."""
    required = [name for name in properties if name not in set(optional)]
    schema: Json = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema | ({"description": description} if description else {})
