"""The live state of charge points: read in a few queries, shown in the cells of a list."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chargepoints.admin import times
from chargepoints.models import ChargePoint, Connector, Registration, Transaction
from chargepoints.templatetags import badges, charging

SHOWN_CONNECTORS = 6
SHOWN_TRANSACTIONS = 2
CELLS_AT_ONCE = 100


def with_live_state(charge_points: QuerySet[ChargePoint]) -> QuerySet[ChargePoint]:
    """Add the connection, the connectors and the open transactions, in three more queries."""
    return charge_points.select_related("connection").prefetch_related(
        "evses__connectors",
        Prefetch(
            "transactions", Transaction.objects.filter(ended_at=None).order_by("evse_id", "id")
        ),
    )


def open_transactions(charge_point: ChargePoint) -> list[Transaction]:
    """The prefetched open transactions of a charge point that was read `with_live_state`."""
    return list(charge_point.transactions.all())


def find(model_admin: Any, request: HttpRequest, pk: int) -> ChargePoint:
    """One charge point with its live state, for its pages. Raises PermissionDenied."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rows = ChargePoint.objects.select_related("connection__server", "history_hold")
    charge_point = get_object_or_404(with_live_state(rows), pk=pk)
    times.at_site(request, charge_point)
    return charge_point


def url_of(charge_point: ChargePoint) -> str:
    return reverse("admin:chargepoints_chargepoint_overview", args=[charge_point.pk])


def labelled_connectors(charge_point: ChargePoint) -> list[tuple[str, Connector]]:
    """Every connector with its label: `2` if it is the EVSE's only one, else `2.3`."""
    found = []
    for evse in charge_point.evses.all():
        connectors = list(evse.connectors.all())
        for connector in connectors:
            several = len(connectors) > 1 or connector.connector_id != 1
            label = f"{evse.evse_id}.{connector.connector_id}" if several else f"{evse.evse_id}"
            found.append((label, connector))
    return found


def online(charge_point: ChargePoint) -> SafeString:
    """Whether it is connected; and its registration, if that prevents charging."""
    if charge_point.registration == Registration.ACCEPTED:
        return badges.online(charge_point)
    registration = badges.registration(charge_point.registration)
    return format_html("{} {}", badges.online(charge_point), registration)


def connectors(charge_point: ChargePoint) -> SafeString | str:
    labelled = labelled_connectors(charge_point)
    more = len(labelled) - SHOWN_CONNECTORS
    show = badges.connector if charge_point.connection_id else badges.last_status
    shown = format_html_join(
        " ", "{}", ((show(row, label),) for label, row in labelled[:SHOWN_CONNECTORS])
    )
    return format_html("{} +{}", shown, more) if more > 0 else shown


def charging_now(charge_point: ChargePoint) -> SafeString | str:
    transactions = open_transactions(charge_point)
    more = len(transactions) - SHOWN_TRANSACTIONS
    shown = format_html_join(
        "", "{}", ((_in_short(row),) for row in transactions[:SHOWN_TRANSACTIONS])
    )
    return format_html("{}+{}", shown, more) if more > 0 else shown


def last_seen(charge_point: ChargePoint) -> SafeString | str:
    return charging.age(charge_point.last_seen_at)


CELLS: dict[str, Callable[[ChargePoint], Any]] = {
    "online": online,
    "connectors": connectors,
    "charging": charging_now,
    "last_seen": last_seen,
}


def cell(name: str, charge_point: ChargePoint) -> SafeString:
    """A cell that refreshes itself: what `cells` returns replaces it by its id."""
    return format_html(
        '<span id="{0}-{1}" class="cp-cell-{0}">{2}</span>',
        name,
        charge_point.pk,
        CELLS[name](charge_point),
    )


def cells(charge_points: QuerySet[ChargePoint]) -> SafeString:
    """The cells of these charge points, for htmx to swap out of band."""
    return format_html_join(
        "\n",
        '<span id="{0}-{1}" class="cp-cell-{0}" hx-swap-oob="true">{2}</span>',
        (
            (name, charge_point.pk, render(charge_point))
            for charge_point in with_live_state(charge_points)
            for name, render in CELLS.items()
        ),
    )


def _in_short(transaction: Transaction) -> SafeString:
    now = [charging.power(transaction.power_w), charging.percent(transaction.soc_percent)]
    said = " · ".join(part for part in now if part) or "charging"
    return format_html("{} <small>{}</small>", said, charging.energy(transaction.energy_wh))
