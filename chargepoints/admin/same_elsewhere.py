"""The deviations in a span of time, and which others of the same model and firmware have them.

The pages of a story and of a transaction load this part later, because it reads the latest rows of
all others.
"""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from chargepoints.admin import live, story
from chargepoints.services.history import oddities

TEMPLATE = "admin/chargepoints/same_elsewhere.html"
# The length of a URL is limited.
MOST_LINKED = 150


def part(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    charge_point = live.find(model_admin, request, pk)
    odd = oddities.of(charge_point, story.span_of(request))
    product = {
        "vendor": charge_point.vendor,
        "model": charge_point.model,
        "firmware": charge_point.firmware_version,
    }
    context = {
        "charge_point": charge_point,
        "odd": odd,
        "rows": [(each, _list_of(each.alike)) for each in odd.found],
        "alike_url": _list_of(odd.alike),
        "product_url": _list(product),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _list_of(keys: Iterable[int]) -> str:
    chosen = sorted(keys)[:MOST_LINKED]
    return _list({"id__in": ",".join(map(str, chosen))}) if chosen else ""


def _list(query: dict[str, str]) -> str:
    filled = {name: value for name, value in query.items() if value}
    return reverse("admin:chargepoints_chargepoint_changelist", query=filled)
