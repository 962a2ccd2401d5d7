"""Reads the history of the connectors of some charge points in a span of time.

The number of queries does not depend on the number of charge points, and only their own history
is read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from chargepoints.models import (
    ChargePoint,
    Connection,
    Connector,
    MaintenanceWindow,
    StatusChange,
)
from chargepoints.services.availability import server_runs
from chargepoints.services.availability.timeline import (
    Change,
    Interval,
    Intervals,
    Steps,
    Surroundings,
)
from chargepoints.services.history.time_bounds import first_id_since

# A charger may take this long to reconnect after the gateway closed its socket, or was down.
BACK_WITHIN = timedelta(minutes=5)
# Rows of two transactions may be written in another order than they were received.
OUT_OF_ORDER = timedelta(minutes=1)

# For the station itself, EVSE and connector are None.
Place = tuple[int, int | None, int | None]
_COLUMNS = ("charge_point_id", "evse_id", "connector_id", "status", "reported_at", "received_at")


@dataclass(frozen=True, slots=True)
class ConnectorHistory:
    charge_point: ChargePoint
    evse_id: int
    connector_id: int
    around: Surroundings
    changes: Steps


def histories(
    charge_points: Sequence[ChargePoint], begin: datetime, end: datetime
) -> list[ConnectorHistory]:
    """The relevant history of each connector of these charge points, in their order."""
    if not charge_points or begin >= end:
        return []
    ids = [charge_point.pk for charge_point in charge_points]
    changes = _Changes(ids, begin, end)
    downtimes = server_runs.downtimes(begin, end)
    sockets = _sockets(ids, begin, end)
    windows = _windows(charge_points, begin, end)
    around = {
        each.pk: _surroundings(
            sockets[each.pk], downtimes, windows[each.pk], changes.of((each.pk, None, None)), end
        )
        for each in charge_points
    }
    by_charge_point: defaultdict[int, list[Connector]] = defaultdict(list)
    for row in changes.connectors:
        by_charge_point[row.evse.charge_point_id].append(row)
    return [
        ConnectorHistory(
            charge_point=each,
            evse_id=row.evse.evse_id,
            connector_id=row.connector_id,
            around=around[each.pk],
            changes=changes.of((each.pk, row.evse.evse_id, row.connector_id), row),
        )
        for each in charge_points
        for row in by_charge_point[each.pk]
    ]


# --- Sockets ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Socket:
    opened_at: datetime
    closed_at: datetime | None
    by_gateway: bool


def _sockets(ids: list[int], begin: datetime, end: datetime) -> dict[int, list[_Socket]]:
    """The sockets opened in the span and the last one before it, by the time of opening."""
    # The primary key contains the time (`new_epoch`).
    first = int(begin.timestamp() * 1_000_000) << 10
    before = Connection.objects.filter(charge_point=OuterRef("pk"), pk__lt=first).order_by("-pk")
    latest = ChargePoint.objects.filter(pk__in=ids).annotate(
        latest=Subquery(before.values("pk")[:1])
    )
    pks = [pk for pk in latest.values_list("latest", flat=True) if pk is not None]
    rows = Connection.objects.filter(
        Q(pk__in=pks) | Q(pk__gte=first), charge_point__in=ids, opened_at__lt=end
    )
    found: dict[int, list[_Socket]] = {pk: [] for pk in ids}
    columns = ("charge_point_id", "opened_at", "closed_at", "close_reason")
    for pk, opened_at, closed_at, reason in rows.order_by("opened_at", "pk").values_list(*columns):
        by_gateway = reason in Connection.OF_THE_GATEWAY
        found[pk].append(_Socket(opened_at, closed_at, by_gateway))
    return found


def _surroundings(
    sockets: list[_Socket],
    downtimes: list[Interval],
    maintenance: list[Interval],
    station: Steps,
    end: datetime,
) -> Surroundings:
    online, excused = [], []
    for socket, successor in zip_longest(sockets, sockets[1:]):
        replaced_at = successor.opened_at if successor else end
        closed_at = min(socket.closed_at or end, replaced_at)
        online.append((socket.opened_at, closed_at))
        if socket.by_gateway and closed_at < replaced_at:
            back_by = _up_again(closed_at, downtimes) + BACK_WITHIN
            excused.append((closed_at, min(replaced_at, back_by)))
    return Surroundings(
        known_from=sockets[0].opened_at if sockets else None,
        online=Intervals(online),
        excused=Intervals(excused),
        maintenance=Intervals(maintenance),
        gateway_down=Intervals(downtimes),
        station=station,
    )


def _up_again(closed_at: datetime, downtimes: list[Interval]) -> datetime:
    return next((until for since, until in downtimes if since <= closed_at < until), closed_at)


# --- Maintenance --------------------------------------------------------------------------------


def _windows(
    charge_points: Sequence[ChargePoint], begin: datetime, end: datetime
) -> dict[int, list[Interval]]:
    rows = MaintenanceWindow.objects.filter(starts_at__lt=end, ends_at__gt=begin)
    sites = {each.site for each in charge_points if each.site}
    meant = rows.filter(Q(charge_point__in=charge_points) | Q(charge_point=None, site__in=sites))
    found: dict[int, list[Interval]] = {each.pk: [] for each in charge_points}
    for pk, site, since, until in meant.values_list("charge_point", "site", "starts_at", "ends_at"):
        mine = [pk] if pk else [each.pk for each in charge_points if each.site == site]
        for each in mine:
            found[each].append((since, until))
    return found


# --- Statuses -----------------------------------------------------------------------------------


class _Changes:
    """The status changes of each place in a span, and its status at the beginning.

    A change counts from the charger's time, even if it was sent later, for instance after an
    outage; if that time is later than its receipt, from its receipt.
    """

    def __init__(self, ids: list[int], begin: datetime, end: datetime) -> None:
        first = first_id_since(StatusChange, "received_at", begin - OUT_OF_ORDER)
        self._found: defaultdict[Place, list[tuple[datetime, int, str]]] = defaultdict(list)
        self._end = end
        self.connectors = list(_with_latest_before(_connectors(ids), first))
        stations = _with_latest_before_of_stations(ids, first)
        latest = [row.latest for row in self.connectors if row.latest]
        latest += [pk for pk in stations.values_list("latest", flat=True) if pk]
        rows = StatusChange.objects.filter(charge_point__in=ids)
        began = Q(reported_at__lt=end) | Q(received_at__lt=end)
        self._take(rows.filter(began, pk__gte=first))
        self._take(StatusChange.objects.filter(pk__in=latest))
        self._take_behind_those_ahead(latest, first)

    def of(self, place: Place, connector: Connector | None = None) -> Steps:
        found = sorted(self._found[place])
        if not found and connector is not None and connector.status_at is not None:
            # Its last change was deleted; the connector still has that status.
            return Steps([(connector.status_at, connector.status)])
        return Steps(_changes(found, self._end))

    def _take(self, rows: QuerySet[StatusChange]) -> None:
        for pk, *place, status, reported_at, received_at in rows.values_list("pk", *_COLUMNS):
            self._found[tuple(place)].append((min(reported_at, received_at), pk, status))

    def _take_behind_those_ahead(self, latest: list[int], first: int) -> None:
        """If a change's time was ahead of ours, later rows limit it."""
        ahead = StatusChange.objects.filter(pk__in=latest, reported_at__gt=F("received_at"))
        for row in ahead:
            same_place = StatusChange.objects.filter(
                charge_point=row.charge_point_id,
                evse_id=row.evse_id,
                connector_id=row.connector_id,
            )
            self._take(same_place.filter(pk__gt=row.pk, pk__lt=first))


def _changes(found: Iterable[tuple[datetime, int, str]], end: datetime) -> list[Change]:
    return [(at, status) for at, _, status in found if at < end]


def _connectors(ids: list[int]) -> QuerySet[Connector]:
    rows = Connector.objects.filter(evse__charge_point__in=ids).select_related("evse")
    return rows.order_by("evse__evse_id", "connector_id")


def _with_latest_before(connectors: QuerySet[Connector], first: int) -> QuerySet[Any]:
    of_connector = StatusChange.objects.filter(
        charge_point=OuterRef("evse__charge_point"),
        evse_id=OuterRef("evse__evse_id"),
        connector_id=OuterRef("connector_id"),
    )
    return connectors.annotate(latest=_latest(of_connector, first))


def _with_latest_before_of_stations(ids: list[int], first: int) -> QuerySet[Any]:
    of_station = StatusChange.objects.filter(
        charge_point=OuterRef("pk"), evse_id=None, connector_id=None
    )
    return ChargePoint.objects.filter(pk__in=ids).annotate(latest=_latest(of_station, first))


def _latest(rows: QuerySet[StatusChange], first: int) -> Subquery:
    return Subquery(rows.filter(pk__lt=first).order_by("-reported_at", "-pk").values("pk")[:1])
