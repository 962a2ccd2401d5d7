"""The page that tells a night: of one charge point, or of a token at all charge points."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from chargepoints.admin import live
from chargepoints.services.history import story, verdict
from chargepoints.services.history.story import Line, Span

LONGEST = timedelta(days=7)
FORM_TIME = "%Y-%m-%dT%H:%M"


def of_charge_point(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    charge_point = live.find(model_admin, request, pk)
    span = span_of(request)
    lines = story.tell(charge_point, span)
    context = {
        "charge_point": charge_point,
        "original": charge_point,
        "title": f"The story of {charge_point.identity}",
        "verdicts": verdict.of(charge_point, span),
        "folded": story.folded(charge_point, span),
        "may_change": model_admin.has_change_permission(request, charge_point),
    }
    return _page(model_admin, request, span, lines, context)


def of_token(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """`?token=`: for who calls with a card, and not with the name of a charger."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    token = request.GET.get("token", "").strip()[:255]
    span = span_of(request)
    lines = story.of_token(token, span) if token else []
    title = f"The story of token {token}" if token else "The story of a token"
    context = {"token": token, "title": title, "of_token": True}
    return _page(model_admin, request, span, lines, context)


def span_of(request: HttpRequest) -> Span:
    """`?from=&to=`, in UTC; without them the last night, from six in the evening on."""
    now = timezone.now()
    evening = now.replace(hour=18, minute=0, second=0, microsecond=0) - timedelta(days=1)
    begin = _read(request.GET.get("from")) or evening
    end = _read(request.GET.get("to")) or max(now, begin + timedelta(hours=1))
    if end <= begin:
        end = begin + timedelta(hours=14)
    return Span(begin, min(end, begin + LONGEST))


def _read(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
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
        "begin": span.begin.strftime(FORM_TIME),
        "end": span.end.strftime(FORM_TIME),
        "earlier": _query(request, span.begin - night, span.end - night),
        "later": _query(request, span.begin + night, span.end + night),
        "lines": [(line, _url(line.row)) for line in lines],
        **context,
    }
    return TemplateResponse(request, "admin/chargepoints/story.html", context)


def _query(request: HttpRequest, begin: datetime, end: datetime) -> str:
    query = request.GET.copy()
    query["from"], query["to"] = begin.strftime(FORM_TIME), end.strftime(FORM_TIME)
    return query.urlencode()


def _url(row: Model | None) -> str:
    """The page of what a line is made of."""
    if row is None:
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
