"""One search box for charge points, serial numbers, tokens, and all kinds of ids.

Each query is for an exact value with an index; values without an index are searched only among the
latest rows, as in the lists.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Max, Model, Q, QuerySet
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from chargepoints import traces
from chargepoints.admin import live
from chargepoints.admin.bounded_search import LATEST
from chargepoints.models import (
    ChargePoint,
    Command,
    CommandBatch,
    Event,
    IdToken,
    Message,
    RollOut,
    TokenDecision,
    Transaction,
)
from chargepoints.services.history.time_bounds import first_id_since
from chargepoints.templatetags import charging

TEMPLATE = "admin/chargepoints/find.html"
LONGEST = 255
SHOWN_OF_A_KIND = 20
WAITED_AT_MOST = timedelta(minutes=1)
AnyRow = TypeVar("AnyRow", bound=Model)


class Found(NamedTuple):
    kind: str
    text: str
    url: str


def find(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """`?q=`: everything with this name or id. A single result is opened at once."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    term = request.GET.get("q", "").strip()[:LONGEST]
    found = [each for look in LOOKS for each in look(term)] if term else []
    if term and not found:
        # Message ids have no index: this takes as long as all other queries together.
        found = list(_messages(term))
    if len(found) == 1:
        return HttpResponseRedirect(found[0].url)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"Search: {term}" if term else "Search",
        "term": term,
        "found": found,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _charge_points(term: str) -> Iterator[Found]:
    called = Q(identity__icontains=term) | Q(name__icontains=term)
    rows = ChargePoint.objects.filter(called | Q(serial_number__iexact=term))
    found, more = _first(rows, term)
    for row in found:
        facts = (row.name, row.site, row.serial_number)
        text = " · ".join([row.identity, *(fact for fact in facts if fact)])
        yield Found("charge point", text, live.url_of(row))
    yield from more


def _tokens(term: str) -> Iterator[Found]:
    of_token = {"token": term}
    for model in (Transaction, TokenDecision, IdToken):
        column = "value" if model is IdToken else "id_token"
        rows: QuerySet[Any] = model._default_manager.alias(raised=Upper(column))
        if rows.filter(raised=term.upper()).exists():
            url = reverse("admin:chargepoints_chargepoint_token_story", query=of_token)
            yield Found("token", f"{term}: story", url)
            return


def _transactions(term: str) -> Iterator[Found]:
    rows = Transaction.objects.alias(raised=Upper("transaction_id")).filter(raised=term.upper())
    found, more = _first(rows.select_related("charge_point").order_by("-id"), term)
    for row in found:
        began = charging.moment(row.started_at) if row.started_at else "start unknown"
        yield Found(
            "transaction", f"{row.transaction_id} of {row.charge_point}, {began}", _page(row)
        )
    yield from more


def _first(rows: QuerySet[AnyRow], term: str) -> tuple[list[AnyRow], list[Found]]:
    """The first results; if there are more, a link to the list with all of them."""
    found = list(rows[: SHOWN_OF_A_KIND + 1])
    if len(found) <= SHOWN_OF_A_KIND:
        return found, []
    opts = rows.model._meta
    url = reverse(f"admin:chargepoints_{opts.model_name}_changelist", query={"q": term})
    text = f"More than {SHOWN_OF_A_KIND}: open the list"
    return found[:SHOWN_OF_A_KIND], [Found(str(opts.verbose_name), text, url)]


def _by_id(term: str) -> Iterator[Found]:
    try:
        pk = uuid.UUID(term)
    except ValueError:
        return
    for kind, model in (("command", Command), ("batch", CommandBatch), ("roll-out", RollOut)):
        row = model._default_manager.filter(pk=pk).first()
        if row is not None:
            yield Found(kind, str(row), _page(row))


def _traces(term: str) -> Iterator[Found]:
    """A trace id: of a command if core gave it one; else of messages at its time."""
    for row in Command.objects.filter(trace_id=term.lower()).exclude(trace_id="")[:SHOWN_OF_A_KIND]:
        yield Found("command", str(row), _page(row))
    place = traces.read(term.lower())
    if place is None:
        return
    whose = {"charge_point": place.charge_point_id}
    for row in Command.objects.filter(**whose, created_at=place.at):
        yield Found("command", str(row), _page(row))
    # Keys follow the time, except for messages that waited for core: begin a little earlier.
    for kind, model, column in TRACED:
        first = first_id_since(model, column, place.at - WAITED_AT_MOST)
        rows: QuerySet[Any] = model._default_manager.filter(pk__gte=first)
        here = rows.filter(**whose, **{column: place.at}, pk__lt=first + LATEST)
        for found in here.order_by("pk")[:SHOWN_OF_A_KIND]:
            yield Found(kind, f"{found}, {charging.moment(place.at)}", _page(found))


TRACED: tuple[tuple[str, type[Model], str], ...] = (
    ("message", Message, "started_at"),
    ("decision", TokenDecision, "asked_at"),
    ("event", Event, "received_at"),
)


def _messages(term: str) -> Iterator[Found]:
    last = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    rows = Message.objects.filter(pk__gt=last - LATEST, message_id=term).defer("request", "reply")
    for row in rows.select_related("charge_point").order_by("-id")[:SHOWN_OF_A_KIND]:
        said = f"{row.action} of {row.charge_point}, {charging.moment(row.started_at)}"
        yield Found("message", said, _page(row))


def _page(row: Model) -> str:
    return reverse(f"admin:chargepoints_{row._meta.model_name}_change", args=[row.pk])


LOOKS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _charge_points,
    _tokens,
    _transactions,
    _by_id,
    _traces,
)
