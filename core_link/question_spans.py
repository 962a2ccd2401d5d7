"""Exports questions to core as spans; core gets the span id in `traceparent`."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from chargepoints import clock
from chargepoints.observability import spans
from chargepoints.observability.spans import Span
from core_link.outbound import NoAnswer


@contextmanager
def recorded(url: str, trace_id: str, span_id: str) -> Iterator[None]:
    """Export a span for the time inside, if the question belongs to a trace."""
    export = spans.exporter()
    if export is None or not trace_id:
        yield
        return
    begun, error = clock.now(), ""
    try:
        yield
    except NoAnswer as no_answer:
        error = str(no_answer) or type(no_answer).__name__
        raise
    finally:
        name, first = f"POST {urlsplit(url).path}", spans.first_id(trace_id)
        attributes = {"http.request.method": "POST", "url.full": url}
        now = clock.now()
        export(Span(trace_id, span_id, first, name, spans.CLIENT, begun, now, attributes, error))
