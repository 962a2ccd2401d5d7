"""Exports spans to an OpenTelemetry collector: OTLP over HTTP, in batches, from a thread.

The libraries of requirements-tracing.lock are imported only if TRACES_URL is set.
"""

import atexit
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from chargepoints.observability import spans
from chargepoints.observability.spans import Export, Span

logger = logging.getLogger(__name__)

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
# A collector that is unavailable blocks nothing: spans are dropped when the queue is full.
POST_TIMEOUT_S = 5
EVERY_MS = 1000
# How long a process that stops waits for the last spans: chargers wait for its successor.
LAST_WITHIN_S = 2
ALL = 2**32


class Exporter(OTLPSpanExporter):
    """Logs once that the collector is unavailable, and once that it is available again."""

    _accepts = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        accepts = result is SpanExportResult.SUCCESS
        if accepts != self._accepts:
            self._accepts = accepts
            state = "accepts spans again" if accepts else "accepts no spans: they are dropped"
            logger.warning("the collector at %s %s", settings.TRACES_URL, state)
        return result


def start() -> Export:
    resource = Resource.create(
        {
            "service.name": "connect",
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )
    # Its log would have several lines for each failed attempt.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    exporter = Exporter(endpoint=settings.TRACES_URL, timeout=POST_TIMEOUT_S)
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MS)
    _end_with_the_process(processor)

    def export(span: Span) -> None:
        if _is_chosen(span.trace_id):
            processor.on_end(_as_told(span, resource))

    return export


def _end_with_the_process(processor: BatchSpanProcessor) -> None:
    """Export what is queued, if the collector accepts it soon: the SDK would wait half a minute.

    The thread is started in advance, because an interpreter that exits starts none.
    """
    ending = threading.Event()
    shut_down: Callable[[], None] = processor.shutdown

    def end() -> None:
        ending.wait()
        shut_down()

    last = threading.Thread(target=end, name="last spans", daemon=True)
    last.start()

    def wait() -> None:
        ending.set()
        last.join(LAST_WITHIN_S)

    atexit.register(wait)


def _is_chosen(trace_id: str) -> bool:
    """Whether to record a trace, for TRACES_SHARE of them; all processes decide alike."""
    return int(spans.first_id(trace_id)[:8], 16) < settings.TRACES_SHARE * ALL


def _as_told(span: Span, resource: Resource) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
        resource=resource,
        attributes=dict(span.attributes),
        kind=SpanKind[span.kind],
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
        start_time=_nanoseconds(span.begun_at),
        end_time=_nanoseconds(span.ended_at),
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=SAMPLED)


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000
