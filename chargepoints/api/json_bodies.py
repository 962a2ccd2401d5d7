"""JSON bodies of the API: strict and bounded on the way in, UTF-8 on the way out."""

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
            return strict_json.loads(body)
        except ValueError as error:
            raise ParseError(f"the body {error}") from None


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
