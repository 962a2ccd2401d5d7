"""The story of a span of time: of a charge point, or of a token at all charge points."""

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from chargepoints.admin import charts, live
from chargepoints.admin.charts import Chart
from chargepoints.models import ChargePoint, Transaction
from chargepoints.services.history import oddities, story, vendor_export, verdict
from chargepoints.services.history.story import Line, Span
from chargepoints.templatetags.charging import is_shown_twice

LONGEST = timedelta(days=7)
# Around a transaction: a token is refused before it, a cable is unplugged after it.
BEFORE = AFTER = timedelta(minutes=15)
MOST_CURVES = 4
# Size of an export in memory; a larger one is written to disk.
KEPT_IN_MEMORY = 4 * 1024 * 1024
FORM_TIME = "%Y-%m-%dT%H:%M"


def of_charge_point(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    charge_point = live.find(model_admin, request, pk)
    span = span_of(request)
    same = reverse("admin:chargepoints_chargepoint_same", args=[pk])
    context = {
        "charge_point": charge_point,
        "original": charge_point,
        "title": f"The story of {charge_point.identity}",
        "verdicts": verdict.of(charge_point, span),
        "folded": story.folded(charge_point, span),
        "same": f"{same}?{urlencode({'from': _form_time(span.begin), 'to': _form_time(span.end)})}",
        "may_change": model_admin.has_change_permission(request, charge_point),
    }
    return _page(model_admin, request, span, _lines(charge_point, span), context)


def _lines(charge_point: ChargePoint, span: Span) -> list[Line]:
    """The lines of the story, of deviations, and of other apps, such as deliveries to core."""
    more = [oddities.lines, *(import_string(name) for name in settings.STORY_LINES)]
    lines = chain(story.tell(charge_point, span), *(each(charge_point, span) for each in more))
    return sorted(lines, key=lambda line: line.at)


def of_token(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """`?token=`: for a caller who knows the card, but not the charger."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    token = request.GET.get("token", "").strip()[:255]
    span = span_of(request)
    lines = story.of_token(token, span) if token else []
    title = f"The story of token {token}" if token else "The story of a token"
    context = {"token": token, "title": title, "of_token": True}
    return _page(model_admin, request, span, lines, context)


def around(transaction: Transaction, page: str = "story") -> str:
    """The URL of the story around a transaction, from before its start until after its end."""
    begin = (transaction.started_at or timezone.now()) - BEFORE
    end = (transaction.ended_at or timezone.now()) + AFTER
    url = reverse(f"admin:chargepoints_chargepoint_{page}", args=[transaction.charge_point_id])
    span = {"from": _form_time(begin), "to": _form_time(max(end, begin + BEFORE))}
    return f"{url}?{urlencode(span)}"


def export(model_admin: Any, request: HttpRequest, pk: int) -> FileResponse:
    """The ZIP file for the vendor, for the same span."""
    charge_point = live.find(model_admin, request, pk)
    file = tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    span = span_of(request)
    vendor_export.write(charge_point, span, file)
    file.seek(0)
    name = f"{charge_point.identity}-{span.begin:%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name)


def span_of(request: HttpRequest) -> Span:
    """`?from=&to=`, in the page's time zone; the default is the last night, from 6 pm."""
    now = timezone.localtime()
    evening = now.replace(hour=18, minute=0, second=0, microsecond=0) - timedelta(days=1)
    begin = _read(request.GET.get("from")) or evening
    end = _read(request.GET.get("to")) or max(now, begin + timedelta(hours=1))
    if end <= begin:
        end = begin + timedelta(hours=14)
    return Span(begin, min(end, begin + LONGEST))


def _read(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
        here = timezone.get_current_timezone()
        return at.replace(tzinfo=here) if at.tzinfo is None else at.astimezone(here)
    except (ValueError, OverflowError):
        return None


def _page(
    model_admin: Any,
    request: HttpRequest,
    span: Span,
    lines: list[Line],
    context: dict[str, Any],
) -> HttpResponse:
    night = timedelta(days=1)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "span": span,
        "begin": f"{timezone.localtime(span.begin):{FORM_TIME}}",
        "end": f"{timezone.localtime(span.end):{FORM_TIME}}",
        "earlier": _query(request, span.begin - night, span.end - night),
        "later": _query(request, span.begin + night, span.end + night),
        "lines": list(_shown(lines)),
        **context,
    }
    return TemplateResponse(request, "admin/chargepoints/story.html", context)


def _shown(lines: list[Line]) -> Iterator[tuple[Line, str, Chart | None]]:
    """Each line with its link; the first transactions with their curve."""
    drawn: set[int] = set()
    for line in lines:
        curve = None
        row = line.row
        if isinstance(row, Transaction) and row.pk not in drawn and len(drawn) < MOST_CURVES:
            drawn.add(row.pk)
            curve = charts.chart_of(row.pk)
        yield line, _url(row), curve


def _form_time(at: datetime) -> str:
    """In the form's format; with the offset for times that the clock shows twice."""
    local = timezone.localtime(at)
    return local.isoformat("T", "minutes") if is_shown_twice(local) else f"{local:{FORM_TIME}}"


def _query(request: HttpRequest, begin: datetime, end: datetime) -> str:
    query = request.GET.copy()
    query["from"], query["to"] = _form_time(begin), _form_time(end)
    return query.urlencode()


def _url(row: Model | None) -> str:
    """The page of the line's row."""
    if row is None:
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
