"""Gauges for Prometheus, counted in the database when asked for: the same in all processes."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from chargepoints.models import ChargePoint, Command, Event, EventFeed, Registration, Transaction


def gauges() -> Iterator[GaugeMetricFamily]:
    yield _counted(
        "connect_connected_charge_points",
        "Charge points with an open socket",
        "protocol",
        dict.fromkeys(settings.OCPP_VERSIONS, 0)
        | dict(
            ChargePoint.objects.filter(connection__isnull=False)
            .order_by()
            .values_list("protocol")
            .annotate(Count("pk"))
        ),
    )
    yield _counted(
        "connect_charge_points",
        "Charge points in the registry",
        "registration",
        dict.fromkeys(Registration.values, 0)
        | dict(ChargePoint.objects.order_by().values_list("registration").annotate(Count("pk"))),
    )
    yield _counted(
        "connect_unfinished_commands",
        "Commands that are not over",
        "state",
        dict.fromkeys(("queued", "sent", "accepted"), 0)
        | dict(
            Command.objects.filter(finished_at=None)
            .order_by()
            .values_list("state")
            .annotate(Count("pk"))
        ),
    )
    yield GaugeMetricFamily(
        "connect_open_transactions",
        "Transactions that have not ended",
        Transaction.objects.filter(ended_at=None).count(),
    )
    yield GaugeMetricFamily(
        "connect_feed_position",
        "Events in the feed since the beginning",
        EventFeed.objects.values_list("last_position", flat=True).first() or 0,
    )
    yield GaugeMetricFamily(
        "connect_events_without_position",
        "Events that have no place in the feed yet",
        Event.objects.filter(position=None).count(),
    )


def _counted(name: str, help: str, label: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family
