"""The connections of a charge point: a bar over time, and a list of its sockets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargepoints.admin import live
from chargepoints.admin.charts import Tick
from chargepoints.models import ChargePoint, Connection
from chargepoints.services.availability import server_runs
from chargepoints.services.availability.timeline import Interval
from chargepoints.templatetags import charging

TEMPLATE = "admin/chargepoints/chargepoint/connections.html"
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
# If a charge point flaps, only its latest sockets are drawn.
MOST_SOCKETS = 1000
LISTED = 50
# Wide enough to be readable on a phone.
WIDTH = 480


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the bar, in the coordinates of its viewBox."""

    state: str
    x: float
    width: float
    text: str


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """`?span=day`, `week` or `month`: up to now."""
    charge_point = live.find(model_admin, request, pk)
    span = request.GET.get("span", "")
    span = span if span in SPANS else "week"
    end = timezone.now()
    begin = end - SPANS[span]
    sockets = _sockets(charge_point, begin)
    # It could not connect before its registration.
    known_since = min([charge_point.created_at, *(each.opened_at for each in sockets)])
    is_new = known_since > begin
    begin = max(begin, known_since)
    online = [
        (max(each.opened_at, begin), min(each.closed_at or end, end)) for each in reversed(sockets)
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"The connections of {charge_point.identity}",
        "charge_point": charge_point,
        "original": charge_point,
        "may_change": model_admin.has_change_permission(request, charge_point),
        "span": span,
        "spans": list(SPANS),
        "since": begin if is_new else None,
        "width": WIDTH,
        "pieces": _pieces(online, server_runs.downtimes(begin, end), begin, end),
        "ticks": _ticks(begin, end),
        "online_share": _share(online, begin, end),
        "count": len(sockets),
        "sockets": sockets[:LISTED],
        "cut": len(sockets) == MOST_SOCKETS,
        "now": end,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _sockets(charge_point: ChargePoint, begin: datetime) -> list[Connection]:
    """The sockets that were open at some time since `begin`, the latest first."""
    rows = Connection.objects.filter(charge_point=charge_point).order_by("-pk")
    return list(rows.filter(Q(closed_at=None) | Q(closed_at__gt=begin))[:MOST_SOCKETS])


def _pieces(
    online: list[Interval], downtimes: list[Interval], begin: datetime, end: datetime
) -> list[Piece]:
    names = (("up", "connected", online), ("gateway", "gateway down", downtimes))
    return [
        _piece(state, name, interval, begin, end)
        for state, name, intervals in names
        for interval in intervals
    ]


def _piece(state: str, name: str, interval: Interval, begin: datetime, end: datetime) -> Piece:
    since, until = interval
    # Pieces below one pixel would be invisible.
    width = max(_x(until, begin, end) - _x(since, begin, end), 0.5)
    lasted = charging.lasting(int((until - since).total_seconds()))
    text = f"{name} {charging.moment(since)} to {charging.moment(until)}, {lasted}"
    return Piece(state, _x(since, begin, end), round(width, 2), text)


def _x(at: datetime, begin: datetime, end: datetime) -> float:
    return round(WIDTH * ((at - begin) / (end - begin)), 2)


def _ticks(begin: datetime, end: datetime) -> list[Tick]:
    moments = (begin + share * (end - begin) for share in (0.0, 0.5, 1.0))
    return [Tick(_x(at, begin, end), f"{timezone.localtime(at):%d %b %H:%M}") for at in moments]


def _share(online: list[Interval], begin: datetime, end: datetime) -> float:
    """The connected share of the time; a socket may open before the one that it replaces closes."""
    covered, reached = timedelta(0), begin
    for since, until in online:
        covered += max(until - max(since, reached), timedelta(0))
        reached = max(reached, until)
    return covered / (end - begin)
