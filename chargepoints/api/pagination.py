"""Pages by cursor: rows inserted between two requests neither repeat nor hide a row."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from chargepoints.api.errors import InvalidParameters

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


def read_limit(request: Request) -> int:
    """The `limit` parameter. Raises InvalidParameters."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidParameters({"limit": [f"not a number from 1 to {MAX_LIMIT}"]})
    return int(text)


class CursorPages(CursorPagination):
    """Newest first, by the id; a subclass may order by another unique field."""

    ordering = "-id"
    page_size = DEFAULT_LIMIT
    page_size_query_param = "limit"
    max_page_size = MAX_LIMIT
    cursor_query_description = "Copy it from `next` or `previous`."
    page_size_query_description = f"Results on a page, 1 to {MAX_LIMIT}."
    template = None

    def get_page_size(self, request: Request) -> int:
        return read_limit(request)

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is None:
            return None
        # PostgreSQL refuses NUL, which the text of the order could contain.
        if "\x00" in str(cursor.position) or (cursor.position is None and not cursor.offset):
            raise NotFound
        return cursor

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, ValidationError):
            # Not from this list: its position is not a value of the ordering field.
            raise InvalidParameters({"cursor": ["not a cursor of this list"]}) from None

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == "limit":
                parameter["schema"] |= {
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "default": DEFAULT_LIMIT,
                }
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


class ByIdentity(CursorPages):
    ordering = "identity"


class ByCreation(CursorPages):
    ordering = "-created_at"


class BySequence(CursorPages):
    """Events of one charge point."""

    ordering = "-sequence"


class BySampling(CursorPages):
    """Meter values: those of a charge point or a transaction by time, all by id."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        narrowed = {"charge_point", "transaction"} & set(request.query_params)
        return ("-sampled_at", "-id") if narrowed or "identity" in view.kwargs else ("-id",)


class ByStartOrEnd(CursorPages):
    """Transactions: in the order of storage, or by their end if they are filtered by it."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        by_end = {"ended_since", "ended_until"} & set(request.query_params)
        return ("-ended_at", "-id") if by_end else ("-id",)


class OldestFirst(CursorPages):
    """Pages in the order in which the gateway stored the rows."""

    ordering = "id"
