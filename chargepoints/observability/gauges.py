"""Gauges for Prometheus, counted in the database at each scrape: the same in all processes."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Manager, QuerySet
from prometheus_client.core import GaugeMetricFamily

from chargepoints.database import storage
from chargepoints.models import (
    ChargePoint,
    Command,
    Credential,
    Event,
    EventFeed,
    Registration,
    Transaction,
)


def gauges() -> Iterator[GaugeMetricFamily]:
    yield from _charge_points()
    yield from _by_site()
    yield from _storage()
    yield from _under_way()
    yield from _feed()


def _charge_points() -> Iterator[GaugeMetricFamily]:
    connected = ChargePoint.objects.filter(connection__isnull=False)
    yield _counted(
        "connect_connected_charge_points",
        "Charge points with an open socket",
        "protocol",
        dict.fromkeys(settings.OCPP_VERSIONS, 0) | _numbers(connected, "protocol"),
    )
    yield _counted(
        "connect_charge_points",
        "Charge points in the registry",
        "registration",
        dict.fromkeys(Registration.values, 0) | _numbers(ChargePoint.objects, "registration"),
    )
    if settings.CREDENTIAL_PEPPER_FALLBACKS:
        older = Credential.objects.exclude(pepper=Credential.name_of_pepper())
        yield GaugeMetricFamily(
            "connect_credentials_of_older_pepper",
            "Keys of charge points that have not connected since the pepper was changed",
            older.count(),
        )


def _under_way() -> Iterator[GaugeMetricFamily]:
    unfinished = Command.objects.filter(finished_at=None)
    yield _counted(
        "connect_unfinished_commands",
        "Unfinished commands",
        "state",
        dict.fromkeys(("queued", "sent", "accepted"), 0) | _numbers(unfinished, "state"),
    )
    yield GaugeMetricFamily(
        "connect_open_transactions",
        "Open transactions",
        Transaction.objects.filter(ended_at=None).count(),
    )


def _feed() -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily(
        "connect_feed_position",
        "Position of the last event in the feed",
        EventFeed.objects.values_list("last_position", flat=True).first() or 0,
    )
    yield GaugeMetricFamily(
        "connect_events_without_position",
        "Events without a position in the feed",
        Event.objects.filter(position=None).count(),
    )


def _by_site() -> Iterator[GaugeMetricFamily]:
    labels = ["site", "protocol"]
    connected = GaugeMetricFamily(
        "connect_connected_at_site", "Charge points with an open socket, by site", labels=labels
    )
    registered = GaugeMetricFamily(
        "connect_charge_points_at_site", "Charge points in the registry, by site", labels=labels
    )
    rows = (
        ChargePoint.objects.order_by()
        .values_list("site", "protocol")
        .annotate(Count("pk"), Count("connection"))
    )
    for site, protocol, number, online in rows:
        registered.add_metric([site, protocol], number)
        connected.add_metric([site, protocol], online)
    yield from (connected, registered)


def _storage() -> Iterator[GaugeMetricFamily]:
    """The disks of this machine; a database elsewhere has its own monitoring."""
    left = GaugeMetricFamily("connect_storage_left_bytes", "Free space of a disk", labels=["of"])
    size = GaugeMetricFamily("connect_storage_size_bytes", "Size of a disk", labels=["of"])
    for name, (whole, free) in storage.disks().items():
        size.add_metric([name], whole)
        left.add_metric([name], free)
    yield from (left, size)


def _counted(name: str, help: str, label: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _numbers(rows: "QuerySet[Any] | Manager[Any]", column: str) -> dict[str, int]:
    """The number of rows by the column's value."""
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))
