"""Spans for OpenTelemetry; nothing is recorded unless tracing is configured.

A span is exported when it ends, with the trace id that the message, the decision, the events
and the log already have (`chargepoints/traces.py`). The id of a trace's root span is derived
from the trace id, so that later spans of any process know their parent.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

INTERNAL, SERVER, CLIENT, PRODUCER = "INTERNAL", "SERVER", "CLIENT", "PRODUCER"


Attributes = Mapping[str, str | int | float | bool]


class Span(NamedTuple):
    """`parent_id` is empty for the root span; `error` is empty on success."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    begun_at: datetime
    ended_at: datetime
    attributes: Attributes
    error: str = ""


Export = Callable[[Span], None]


@cache
def exporter() -> Export | None:
    """The function that exports spans in this process; None if TRACES_URL is not set.

    The first call is slow, so it belongs to the start of a process.
    """
    if not settings.TRACES_URL:
        return None
    start: Callable[[], Export] = import_string(settings.SPAN_EXPORTER)
    return start()


def first_id(trace_id: str) -> str:
    """The id of the root span of a trace."""
    return hashlib.blake2s(trace_id.encode(), digest_size=8).hexdigest()


def new_id() -> str:
    """16 hexadecimal digits, as in `traceparent`."""
    return secrets.token_hex(8)
