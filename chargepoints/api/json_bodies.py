"""JSON bodies of the API: strict and bounded on the way in, UTF-8 on the way out."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from chargepoints.api.errors import Problem

MAX_BODY_BYTES = 1024 * 1024
MAX_DEPTH = 32
# PostgreSQL has no text with NUL in it. An even number of backslashes before it escapes nothing.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class JsonParser(BaseParser):
    """No NaN, no lone surrogate, no NUL, no bottomless nesting: none of it can be stored."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Problem(413, "too_large", f"the body is larger than {MAX_BODY_BYTES} bytes")
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"the body is not JSON: {error}") from None
        if _NUL.search(body):
            raise ParseError("the body has a NUL character in it")
        if _deeper_than(MAX_DEPTH, value):
            raise ParseError(f"the body is nested deeper than {MAX_DEPTH} levels")
        return value


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data)
        except TypeError:
            # A charger may answer with a number of any size; 64 bits are all that orjson writes.
            return json.dumps(data, default=str).encode()


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
