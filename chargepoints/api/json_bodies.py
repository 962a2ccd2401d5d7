"""JSON bodies of the API: strict and limited on the way in, UTF-8 on the way out."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from chargepoints.api.errors import Problem
from chargepoints.database import strict_json

MAX_BODY_BYTES = 1024 * 1024


class JsonParser(BaseParser):
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
            value = strict_json.loads(body)
            _refuse_repeated_names(body)
        except ValueError as error:
            raise ParseError(f"the body {error}") from None
        return value


def _refuse_repeated_names(body: bytes) -> None:
    """Refuse repeated names, because parsers differ in which value counts. Raises ValueError."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            repeated = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"has {repeated[:50]!r} twice in one object")

    json.loads(body, object_pairs_hook=check)


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
        return strict_json.dumps(data)
