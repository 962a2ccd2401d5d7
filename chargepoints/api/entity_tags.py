"""ETags: `"<what a client may set>.<everything>"`, both as digests.

If-None-Match compares both. If-Match compares only the first: a change is refused if somebody else
changed a field that clients can set, not if only a heartbeat came in between.

`serializer` has a single instance.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.api.errors import Problem
from chargepoints.database import strict_json


def entity_tag(serializer: Any) -> str:
    data = serializer.data
    settable = {
        name: data[name]
        for name, field in serializer.fields.items()
        if name in data and not field.read_only
    }
    return f'"{_digest(settable)}.{_digest(data)}"'


def tagged(serializer: Any, status: int = 200) -> Response:
    return Response(serializer.data, status=status, headers={"ETag": entity_tag(serializer)})


def unless_known(request: Request, serializer: Any) -> Response:
    """The resource, or 304 if the client has this version of it (If-None-Match)."""
    tag = entity_tag(serializer)
    known = _given(request, "If-None-Match")
    if "*" in known or tag in known:
        return Response(status=304, headers={"ETag": tag})
    return Response(serializer.data, headers={"ETag": tag})


def page_unless_known(request: Request, page: Mapping[str, Any]) -> Response:
    """A page of a list, or 304 if the client has this version of it (If-None-Match)."""
    tag = f'"{_digest(page)}"'
    if tag in _given(request, "If-None-Match"):
        return Response(status=304, headers={"ETag": tag})
    return Response(page, headers={"ETag": tag})


def check_unchanged(request: Request, serializer: Any) -> None:
    """Raises 412 if the client's version (If-Match) is not the present one."""
    if not request.headers.get("If-Match"):
        return
    # A tag without quotes is invalid, and matches nothing.
    expected = _given(request, "If-Match")
    if "*" in expected:
        return
    settable = entity_tag(serializer).partition(".")[0]
    if settable not in {tag.partition(".")[0] for tag in expected}:
        raise Problem(412, "precondition_failed", "it was changed since you read it; read it again")


def _given(request: Request, header: str) -> list[str]:
    return [tag.removeprefix("W/") for tag in parse_etags(request.headers.get(header, ""))]


def _digest(data: Mapping[str, Any]) -> str:
    text = strict_json.dumps(data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:16]
