"""The availability of connectors in a month: of a fleet or a site, and of one charge point."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargepoints.admin import live, times
from chargepoints.api.csv_streams import stream_csv
from chargepoints.models import ChargePoint
from chargepoints.services.availability import months, table
from chargepoints.services.availability.months import Month, NoMonth, Row
from chargepoints.services.availability.timeline import Seconds

TEMPLATES = "admin/chargepoints/availability"
CHARGE_POINTS_ON_A_PAGE = 20
MONTHS_OF_ONE = 12
MOST_SITES = 500
# In the order of the bar's parts, with their names for people.
STATES = (
    ("up", "up"),
    ("faulted", "faulted"),
    ("unavailable", "unavailable"),
    ("offline", "offline"),
    ("gateway", "gateway down"),
    ("maintenance", "maintenance"),
    ("unknown", "unknown"),
)
DOWN = ("faulted", "unavailable", "offline")
APART = ("gateway", "maintenance", "unknown")
WIDTH = 100.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar; `x` and `width` are percentages of the bar."""

    state: str
    name: str
    seconds: int
    x: float
    width: float


def fleet(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """`?month=&site=`: a page shows some charge points only, so the fleet may have any size."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    site = request.GET.get("site", "").strip()[:100]
    times.at(request, site)
    month = _month(request)
    page = Paginator(_of_site(site), CHARGE_POINTS_ON_A_PAGE).get_page(request.GET.get("p"))
    zone = timezone.get_current_timezone()
    rows = months.of(list(page.object_list), [month], zone, timezone.now())
    sites = ChargePoint.objects.exclude(site="").values_list("site", flat=True).distinct()
    context = {
        **_context(model_admin, request, month),
        "title": "Availability",
        "rows": [(row, bar(row.seconds)) for row in rows],
        "page": page,
        "site": site,
        "sites": sites.order_by("site")[:MOST_SITES],
    }
    return TemplateResponse(request, f"{TEMPLATES}/fleet.html", context)


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """One charge point: each connector in the twelve months up to the requested one."""
    charge_point = live.find(model_admin, request, pk)
    month = _month(request)
    asked = [month.later(-back) for back in range(MONTHS_OF_ONE - 1, -1, -1)]
    zone = timezone.get_current_timezone()
    rows = [row for row in months.of([charge_point], asked, zone, timezone.now()) if _tells(row)]
    rows.sort(key=lambda row: (-row.month.year, -row.month.number, row.evse_id, row.connector_id))
    context = {
        **_context(model_admin, request, month),
        "title": f"The availability of {charge_point.identity}",
        "charge_point": charge_point,
        "original": charge_point,
        "may_change": model_admin.has_change_permission(request, charge_point),
        "rows": [(row, bar(row.seconds)) for row in rows],
    }
    return TemplateResponse(request, f"{TEMPLATES}/page.html", context)


def export(model_admin: Any, request: HttpRequest) -> StreamingHttpResponse:
    """The table of the fleet's page for all charge points, as CSV, in the page's time zone."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    site = request.GET.get("site", "").strip()[:100]
    times.at(request, site)
    month = _month(request)
    ids = list(_of_site(site).values_list("pk", flat=True))
    zone = timezone.get_current_timezone()
    parts = table.parts(ids, month, zone, timezone.now())
    return stream_csv(request, f"availability-{month}", parts)


def bar(seconds: Seconds) -> list[Part]:
    parts, x = [], 0.0
    for state, name in STATES:
        of_state: int = getattr(seconds, state)
        if of_state:
            width = WIDTH * of_state / seconds.total
            parts.append(Part(state, name, of_state, round(x, 3), round(width, 3)))
            x += width
    return parts


def _of_site(site: str) -> QuerySet[ChargePoint]:
    rows = ChargePoint.objects.order_by("identity")
    return rows.filter(site=site) if site else rows


def _tells(row: Row) -> bool:
    """Whether the month has begun and has any history."""
    return row.seconds.unknown < row.seconds.total


def _month(request: HttpRequest) -> Month:
    """The requested month, or the present one in the user's time zone."""
    now = Month.of(timezone.localtime())
    try:
        return min(Month.read(request.GET.get("month", "")), now)
    except NoMonth:
        return now


def _context(model_admin: Any, request: HttpRequest, month: Month) -> dict[str, Any]:
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "month": month,
        "states": STATES,
        "down_states": DOWN,
        "apart_states": APART,
        "earlier": month.later(-1),
        "later": month.later(1) if month < Month.of(timezone.localtime()) else None,
    }
