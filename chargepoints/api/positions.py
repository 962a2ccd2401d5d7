"""Lists that clients follow by positions of the event feed: `after`, and `last_position`."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from chargepoints.api.errors import InvalidParameters
from chargepoints.api.pagination import DEFAULT_LIMIT, MAX_LIMIT

LARGEST_POSITION = 2**63 - 1

LIMIT_PARAMETER = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)


def after_parameter() -> OpenApiParameter:
    schema: dict[str, Any] = {
        "type": "integer",
        "minimum": 0,
        "maximum": LARGEST_POSITION,
        "default": 0,
    }
    text = "The `last_position` of the previous page; 0: from the beginning."
    return OpenApiParameter("after", schema, description=text)


def read_position(request: Request) -> int:
    """The `after` parameter. Raises InvalidParameters."""
    text = request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_POSITION):
        raise InvalidParameters({"after": ["not a position"]})
    return int(text)


def link_after(request: Request, position: int) -> str:
    return replace_query_param(request.build_absolute_uri(), "after", position)
